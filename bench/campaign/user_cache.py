"""Find the user's cache, and write its files whole."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

VARIABLE, OFF = "AEBENCH_CACHE", "off"


def folder(environment: Mapping[str, str], name: str) -> Path | None:
    """Return a folder of the user's cache; None if ``AEBENCH_CACHE`` is ``off``, or none is known.

    Parameters
    ----------
    environment : mapping of str to str
        The environment's variables: ``AEBENCH_CACHE`` names the cache, else it is ``aebench`` in
        ``XDG_CACHE_HOME``, else in ``~/.cache``.
    name : str
        The folder's name, such as ``parity``.
    """
    asked = environment.get(VARIABLE, "")
    if asked == OFF:
        return None
    if asked:
        return Path(asked) / name
    caches = Path(environment.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():  # the specification has relative paths ignored
        try:
            caches = Path.home() / ".cache"
        except RuntimeError:  # a user without a home
            return None
    return caches / "aebench" / name


def write(path: Path, content: bytes) -> None:
    """Write a file of the cache; leave it out if it can't be written.

    The file is written beside its place and then moved there, so that another run that reads or
    writes the same file meanwhile finds a whole one.
    """
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
