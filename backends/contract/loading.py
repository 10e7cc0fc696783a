"""Import a backend's file, and check that it keeps the contract."""

from importlib import import_module
from pathlib import Path
from typing import cast

from aebench.backends.contract import Backend, BackendError

_DATA_NAMES = tuple(Backend.__annotations__)
_FUNCTION_NAMES = tuple(
    name for name, value in vars(Backend).items() if callable(value) and not name.startswith("_")
)


def import_checked(name: str, module: str, file: Path | None) -> Backend:
    """Import a backend's file, and check that it defines every name of :class:`Backend`.

    Parameters
    ----------
    name : str
        The backend's name, for error messages.
    module : str
        The dotted name of the file.
    file : Path or None
        The path of a built-in backend's file; None if another package has the file.

    Raises
    ------
    BackendError
        If the file can't be imported or lacks a name.
    """
    where = file or module
    try:
        found = import_module(module)
    except Exception as error:
        summary = " ".join(str(error).split()) or type(error).__name__
        repair = "the file" if file else "or uninstall the package that registers it"
        raise BackendError(
            f"the backend {name!r} can't be imported from {where} ({summary}): repair {repair}."
        ) from error
    lacking = [wanted for wanted in (*_DATA_NAMES, *_FUNCTION_NAMES) if not hasattr(found, wanted)]
    if lacking:
        complete = (
            f"define what the class Backend of {Backend.__module__} lists"
            if file
            else "its package must be made for this version of aebench"
        )
        raise BackendError(
            f"the backend {name!r} has no {', '.join(lacking)} in {where}: {complete}."
        )
    return cast(Backend, found)
