"""Compressed records: read as if they were plain, within the same bounds, and written.

The bounds hold for the unpacked bytes, which are unpacked in small pieces as they are read. What is
damaged or cut off is read up to the damage.
"""

import errno
import io
import os
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import zstandard

from aebench.reports.files import open_plain, size

ENDING = ".zst"
# What a compressed file begins with, whatever its name.
_MAGIC = b"\x28\xb5\x2f\xfd"
# A block of 4 packed bytes can hold 128 KiB: a piece of this size unpacks to 16 MiB at most.
_PACKED_PIECE_BYTES = 512
_PIECE_BYTES = 2**20
_MOST_WINDOW_BYTES = 2**27
# The level costs a second for each 2 MB of a record, once.
_LEVEL = 19


class Unpacked(io.RawIOBase):
    """The unpacked bytes of a compressed file.

    Parameters
    ----------
    packed : BufferedReader
        The compressed file, at its beginning; it is closed with this.
    most_bytes : int
        How many unpacked bytes may be read.

    Attributes
    ----------
    damage : str
        Why the unpacked bytes end before those of the original did, or empty.
    done_bytes : int
        How many unpacked bytes were read.
    """

    def __init__(self, packed: BufferedReader, most_bytes: int) -> None:
        self.damage = ""
        self._packed = packed
        self._most_bytes = most_bytes
        self._pending = memoryview(b"")
        self.done_bytes = 0
        self._unpacker: zstandard.ZstdDecompressionObj | None = None
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        """Return True: this is for reading."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill a buffer with unpacked bytes; see :class:`io.RawIOBase`.

        Raises
        ------
        OSError
            If there are more unpacked bytes than may be read.
        """
        while not self._pending and not self._ended:
            self._pending = memoryview(self._next())
        count = min(len(buffer), len(self._pending))
        buffer[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        self.done_bytes += count
        if self.done_bytes > self._most_bytes:
            raise OSError(errno.EFBIG, f"unpacked it is larger than {size(self._most_bytes)}")
        return count

    def close(self) -> None:
        """Close the compressed file too."""
        self._packed.close()
        super().close()

    def _next(self) -> bytes:
        """Unpack the next piece; at the end or at damage there is none, and reading has ended."""
        piece = self._rest or self._packed.read(_PACKED_PIECE_BYTES)
        self._rest = b""
        if not piece:
            self._ended = True
            if self._unpacker is not None:
                self.damage = "its compressed bytes are cut off"
            return b""
        if self._unpacker is None:
            context = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW_BYTES)
            self._unpacker = context.decompressobj()
        try:
            unpacked = self._unpacker.decompress(piece)
        except zstandard.ZstdError:
            self._ended = True
            self.damage = "its compressed bytes are damaged"
            return b""
        if self._unpacker.eof:
            # Another frame may follow, as in files that were put together.
            self._rest = self._unpacker.unused_data
            self._unpacker = None
        return unpacked


def open_record(path: Path, most_bytes: int, follow: bool = True) -> BufferedReader:
    """Open a record, compressed or not, for reading its plain lines.

    Parameters
    ----------
    path, most_bytes, follow
        See :func:`aebench.reports.files.open_plain`; a compressed file may have so many unpacked
        bytes, too.

    Raises
    ------
    OSError
        See :func:`aebench.reports.files.open_plain`. Reading raises it too, where the unpacked
        bytes are more.
    """
    file = open_plain(path, most_bytes, follow)
    try:
        if not is_compressed(file):
            return file
        return BufferedReader(Unpacked(file, most_bytes), _PIECE_BYTES)
    except BaseException:
        file.close()
        raise


def is_compressed(file: BufferedReader) -> bool:
    """Return whether a file is compressed, by its first bytes; its position stays."""
    return file.peek(len(_MAGIC))[: len(_MAGIC)] == _MAGIC


def damage(file: BufferedReader) -> str:
    """Return why an open record ends too early; empty for a whole one, or one that is plain."""
    raw = file.raw
    return raw.damage if isinstance(raw, Unpacked) else ""


def total_bytes(file: BufferedReader) -> int:
    """Return how many plain bytes an open record has; its position is then at its end."""
    raw = file.raw
    if not isinstance(raw, Unpacked):
        return file.seek(0, os.SEEK_END)
    while file.read(_PIECE_BYTES):
        pass
    return raw.done_bytes


def compress(source: BinaryIO, target: Path, count: int | None = None) -> None:
    """Write the bytes of an open file to a new compressed file.

    Parameters
    ----------
    source : file
        Where they are read, from its position on.
    target : Path
        The new file.
    count : int, optional
        How many bytes; all there are if left out.

    Raises
    ------
    OSError
        If it can't be written, or exists.
    """
    left = count
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with target.open("xb") as file, packer.stream_writer(file, closefd=False) as packed:
        while left is None or left > 0:
            piece = source.read(_PIECE_BYTES if left is None else min(left, _PIECE_BYTES))
            if not piece:
                break
            packed.write(piece)
            left = None if left is None else left - len(piece)


def has_magic(file: int) -> bool:
    """Return whether an open file is compressed, given its descriptor; its position stays."""
    return os.pread(file, len(_MAGIC), 0) == _MAGIC
