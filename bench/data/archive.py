"""Read arrays from an untrusted ``.npz``: sizes are checked before an array is unpacked."""

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import numpy as np

from aebench.bench.errors import BadInputError
from aebench.reports.files import open_plain, size
from aebench.reports.sanitize import reason

Array = np.ndarray[Any, Any]

# The limit for an archive's file, and for all of its unpacked arrays together.
MOST_BYTES = 2**30
# An archive of a few arrays has a directory (its list of files) far smaller than this.
_MOST_DIRECTORY_BYTES = 2**20
# The limit for an array's header, which NumPy parses as Python. Images' headers are far shorter.
_HEADER_BYTES = 2**10
_PIECE_BYTES = 2**18
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1


@dataclass(frozen=True)
class Promise:
    """The type and shape that the header of an array declares, before the array is unpacked."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    header_bytes: int

    @property
    def content_bytes(self) -> int:
        """Return the size of the unpacked array in bytes."""
        values = 1
        for length in self.shape:
            values *= length
        return values * self.dtype.itemsize


class Archive:
    """Open an ``.npz`` without unpacking its arrays.

    Parameters
    ----------
    path : Path
        The ``.npz`` file.

    Raises
    ------
    BadInputError
        If it isn't a regular file, is larger than :data:`MOST_BYTES`, or isn't an archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            file = open_plain(path, MOST_BYTES)
        except OSError as error:
            raise BadInputError(f"{path} can't be read: {reason(error)}.") from error
        self._file = _Piecewise(file)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except Exception as error:  # whatever zipfile, zlib, NumPy and Python's parser raise
            self._file.close()
            raise self._no_archive() from error

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def promises(self, names: Sequence[str]) -> dict[str, Promise]:
        """Return the declared type and shape of arrays; names that the archive lacks are left out.

        Raises
        ------
        BadInputError
            If a header can't be read, or declares another size than the archive holds.
        """
        return {name: self._promise(name) for name in names if self._members(name)}

    def take(self, promises: Mapping[str, Promise]) -> dict[str, Array]:
        """Unpack arrays.

        Parameters
        ----------
        promises : mapping of str to Promise
            The arrays' names, and the values of :meth:`promises` for them.

        Raises
        ------
        BadInputError
            If all arrays together are too large, or an array isn't what its header declared.
        """
        total = sum(promise.content_bytes for promise in promises.values())
        if total > MOST_BYTES:
            raise BadInputError(
                f"the arrays in {self._path} are larger than {size(MOST_BYTES)} once unpacked: "
                "give fewer images."
            )
        return {name: self._content(name, promise) for name, promise in promises.items()}

    def _members(self, name: str) -> list[zipfile.ZipInfo]:
        return [member for member in self._zip.infolist() if member.filename == f"{name}.npy"]

    def _member(self, name: str) -> zipfile.ZipInfo:
        first, *others = self._members(name)
        # Refuse a name that is listed twice: some programs read the first array, others the last.
        if others or first.flag_bits & _ENCRYPTED or first.compress_type not in _PLAIN:
            raise self._no_archive()
        return first

    def _promise(self, name: str) -> Promise:
        member = self._member(name)
        try:
            with self._zip.open(member) as content:
                promise = _read_header(content.read(_HEADER_BYTES))
        except Exception as error:  # whatever zipfile, zlib, NumPy and Python's parser raise
            raise self._no_archive() from error
        if member.file_size != promise.header_bytes + promise.content_bytes:
            raise self._no_archive()
        return promise

    def _content(self, name: str, promise: Promise) -> Array:
        try:
            with self._zip.open(self._member(name)) as content:
                content.read(promise.header_bytes)
                # Raw bytes can't stand for Python objects: _read_header refuses such arrays.
                flat = np.empty(promise.content_bytes, np.uint8)
                _fill(content, flat)
            order: Literal["F", "C"] = "F" if promise.fortran else "C"
            return cast(Array, flat.view(promise.dtype).reshape(promise.shape, order=order))
        except Exception as error:  # whatever zipfile, zlib, NumPy and Python's parser raise
            raise self._no_archive() from error

    def _no_archive(self) -> BadInputError:
        return BadInputError(
            f"{self._path} is not an .npz of plain arrays: make it with numpy.savez(path, "
            "x_train=images, x_test=images)."
        )


class _Piecewise(io.BufferedReader):
    """A file that refuses large reads: zipfile would read a directory of any size at once."""

    def __init__(self, file: BinaryIO) -> None:
        assert isinstance(file, io.BufferedReader)
        super().__init__(file.detach())

    def read(self, wanted: int | None = -1, /) -> bytes:
        if wanted is not None and wanted > _MOST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"a directory of more than {size(_MOST_DIRECTORY_BYTES)}")
        return super().read(_MOST_DIRECTORY_BYTES if wanted is None or wanted < 0 else wanted)


def _read_header(beginning: bytes) -> Promise:
    file = io.BytesIO(beginning)
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a user can't repair an unusual header
        shape, fortran, dtype = readers[version](file, max_header_size=_HEADER_BYTES)
    if dtype.hasobject or any(length < 0 for length in shape):
        raise ValueError("no plain array")
    return Promise(dtype, tuple(map(int, shape)), fortran, file.tell())


def _fill(content: Any, flat: Array) -> None:
    """Fill an array with a member's bytes; zipfile checks their CRC when the end is reached."""
    room = flat.data
    filled = 0
    while filled < len(room):
        piece = content.read(min(_PIECE_BYTES, len(room) - filled))
        if not piece:
            raise EOFError
        room[filled : filled + len(piece)] = piece
        filled += len(piece)
