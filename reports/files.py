"""Open files of unknown origin safely: only regular files, and only up to a size."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_plain(path: Path, most_bytes: int, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading; refuse pipes, devices and folders.

    Parameters
    ----------
    path : Path
        Path of the file.
    most_bytes : int
        The largest size allowed when the file is opened; later growth is not checked.
    follow : bool
        Whether the path itself may be a symbolic link.

    Returns
    -------
    BufferedReader
        The open file, at its beginning.

    Raises
    ------
    OSError
        If the file can't be opened, is no regular file, or is too large; ``strerror`` says which.
    """
    try:
        # Without O_NONBLOCK opening a pipe would wait for a writer.
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
    """Return the content of a regular file; raise OSError as :func:`open_plain` does."""
    with open_plain(path, most_bytes) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {size(most_bytes)}")
    return content


def size(most_bytes: int) -> str:
    """Return a number of bytes as text, in the largest unit that divides it, such as "2 GiB"."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if most_bytes >= unit and most_bytes % unit == 0:
            return f"{most_bytes // unit} {name}"
    return f"{most_bytes:,} bytes"
