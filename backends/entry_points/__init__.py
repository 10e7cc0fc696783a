"""Find the backends that other installed packages register. Their files aren't imported here."""

from collections.abc import Callable
from functools import cache
from importlib import metadata

from aebench.backends.contract import BackendError

GROUP = "aebench.backends"


@cache
def registered(taken: tuple[str, ...], may_be_called: Callable[[str], bool]) -> dict[str, str]:
    """Return the modules of the registered backends by name, in order of names.

    Parameters
    ----------
    taken : tuple of str
        The names of the built-in backends.
    may_be_called : callable
        Returns whether a backend may have a name.

    Raises
    ------
    BackendError
        If a backend's name has forbidden characters, is reserved, or belongs to another backend.
    """
    found: dict[str, str] = {}
    points = metadata.entry_points(group=GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        name, module = point.name, point.value
        if found.get(name) == module:
            # The same package, found twice because its folder is on the path twice: skip it.
            continue
        what = f"the backend {name!r} of {_distribution(point)}"
        if not may_be_called(name):
            raise BackendError(
                f"{what} can't be called that: its entry point needs another name, of lower-case "
                f"letters, digits, - and _."
            )
        if name in taken or name in found:
            raise BackendError(
                f"{what} has a name that is taken: rename its entry point, or uninstall it."
            )
        found[name] = module
    return found


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist else "an installed package"
