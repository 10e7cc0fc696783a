"""Files from anywhere: only plain ones are read, and only as much as was agreed on."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_plain(path: Path, most_bytes: int, follow: bool = True) -> BufferedReader:
    """Open a plain file for reading; a pipe, a device or a folder is none.

    Parameters
    ----------
    path : Path
        Of the file.
    most_bytes : int
        The largest size that is taken; what comes later by growing isn't looked at here.
    follow : bool
        Whether the path itself may be a link.

    Returns
    -------
    BufferedReader
        The file, at its beginning.

    Raises
    ------
    OSError
        If it can't be opened, is no plain file, or is larger; ``strerror`` says which.
    """
    try:
        # Without O_NONBLOCK the opening of a pipe waits for a writer.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        file = os.open(path, flags)
    except ValueError as error:  # a null character in the name
        raise OSError(errno.EINVAL, "no file can have this name") from error
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        if about.st_size > most_bytes:
            raise OSError(errno.EFBIG, f"it is larger than {size(most_bytes)}")
        return os.fdopen(file, "rb")
    except BaseException:
        os.close(file)
        raise


def read_plain(path: Path, most_bytes: int) -> bytes:
    """Read a plain file whole; see :func:`open_plain`."""
    with open_plain(path, most_bytes) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {size(most_bytes)}")
    return content


def size(most_bytes: int) -> str:
    """Name a bound in the largest unit of which it is a whole number."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if most_bytes >= unit and most_bytes % unit == 0:
            return f"{most_bytes // unit} {name}"
    return f"{most_bytes:,} bytes"
