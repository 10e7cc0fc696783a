"""Read compressed records as if they were uncompressed, and write compressed records.

The limits of a record's size apply to the unpacked bytes, which are unpacked in small pieces as
they are read. A file that is damaged or cut off is read up to the damage.
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
# The first bytes of every compressed file. A file's name doesn't say whether it is compressed.
_MAGIC = b"\x28\xb5\x2f\xfd"
# 4 packed bytes can unpack to 128 KiB, so a packed piece of this size unpacks to 16 MiB at most.
_PACKED_PIECE_BYTES = 512
_PIECE_BYTES = 2**20
_MOST_WINDOW_BYTES = 2**27
# Compression level. Compressing at this level takes about a second for every 2 MB of a record.
_LEVEL = 19


class Unpacked(io.RawIOBase):
    """The unpacked bytes of a compressed file.

    Parameters
    ----------
    packed : BufferedReader
        The compressed file, at its beginning. Closing this object closes the file too.
    most_bytes : int
        Largest number of unpacked bytes that may be read.

    Attributes
    ----------
    damage : str
        Why unpacking stopped before the end of the original bytes; empty if it did not.
    done_bytes : int
        Number of unpacked bytes that have been read.
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
        """Return True, since bytes can be read from this object."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill a buffer with unpacked bytes; see :class:`io.RawIOBase`.

        Raises
        ------
        OSError
            If there are more unpacked bytes than ``most_bytes``.
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
        """Return the next unpacked bytes. At the end, or at damage, note that and return none."""
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
            # Several compressed files that were joined have several frames: another may follow.
            self._rest = self._unpacker.unused_data
            self._unpacker = None
        return unpacked


def open_record(path: Path, most_bytes: int, follow: bool = True) -> BufferedReader:
    """Open a record, compressed or not, for reading its unpacked lines.

    Parameters
    ----------
    path, most_bytes, follow
        See :func:`aebench.reports.files.open_plain`; ``most_bytes`` also limits the unpacked bytes
        of a compressed file.

    Returns
    -------
    BufferedReader
        The open record, at its beginning.

    Raises
    ------
    OSError
        See :func:`aebench.reports.files.open_plain`. Reading the opened file also raises it, if
        there are more than ``most_bytes`` unpacked bytes.
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
    """Return whether an open file, at its beginning, is compressed; don't move its position."""
    return file.peek(len(_MAGIC))[: len(_MAGIC)] == _MAGIC


def damage(file: BufferedReader) -> str:
    """Return why a compressed record ends too early; empty if undamaged or not compressed."""
    raw = file.raw
    return raw.damage if isinstance(raw, Unpacked) else ""


def total_bytes(file: BufferedReader) -> int:
    """Return how many unpacked bytes an open record has, and leave its position at its end."""
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
        The file to read, from its current position on.
    target : Path
        The new file.
    count : int, optional
        How many bytes to read; if left out, all up to the end.

    Raises
    ------
    OSError
        If the new file exists already, or can't be written.
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
    """Return whether the file of a descriptor is compressed; don't move its position."""
    return os.pread(file, len(_MAGIC), 0) == _MAGIC
