"""Appending to records; reading them is in :mod:`aebench.reports.reading`."""

import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from aebench.reports import compressed
from aebench.reports.files import size
from aebench.reports.reading import (
    Record,
    RecordError,
    load,
    load_all,
    read,
    record_path,
    record_paths,
)
from aebench.reports.record import Event, Header, Line
from aebench.reports.record.bounds import MOST_RECORD_BYTES
from aebench.reports.sanitize import encodable, reason

__all__ = [
    "Journal",
    "Record",
    "RecordError",
    "load",
    "load_all",
    "record_path",
    "record_paths",
    "retire",
]

# Kept free for the record, so that a full disk leaves room for saying so.
_RESERVE_BYTES = 16384


class Journal:
    """Appends to a record; each line is in the file before the next is measured.

    Made by :meth:`begin` and :meth:`resume`. The file is locked meanwhile: a record has one writer.
    """

    def __init__(self, path: Path, record: Record, file: int) -> None:
        self.path = path
        self.record = record
        self._file = file
        self._length = os.fstat(file).st_size
        self._made: list[Path] = []  # folders, the innermost first
        # It has no name: no link lies in its place, and it goes with the process, whatever ends it.
        self._reserve = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._reserve.write(b"\0" * _RESERVE_BYTES)
        self._reserve.flush()

    @classmethod
    def begin(cls, path: Path, header: Header) -> "Journal":
        """Make a new file, and its folder.

        Raises
        ------
        FileExistsError
            If there is one.
        OSError
            If it can't be written there; then nothing is left of it.
        """
        line = _encode(header)
        missing = [each for each in path.parents if not each.exists()]
        file = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
            _lock(file, path)
            journal = cls(path, Record(header), file)
            journal._write(line)
            journal._made = missing
        except BaseException:
            if file is not None:
                path.unlink()
                os.close(file)
            _remove_empty(missing)
            raise
        return journal

    @classmethod
    def resume(cls, path: Path) -> "Journal":
        """Go on with a file; a last line that was cut off is taken away.

        Raises
        ------
        RecordError
            If it isn't a record, is a link to one, is damaged before its last line, or is being
            written.
        """
        path = record_path(path)
        file = _open(path)
        try:
            _lock(file, path)
            with os.fdopen(os.dup(file), "rb") as content:
                record = read(path, content)
                content.seek(record.sound_bytes)
                if any(b"\n" in piece for piece in iter(lambda: content.read(2**20), b"")):
                    raise RecordError(
                        f"{path} can't be resumed: {record.damage}, and more follows. Start a new "
                        "run."
                    )
            os.ftruncate(file, record.sound_bytes)
            record.damage = ""
            return cls(path, record, file)
        except OSError as error:
            os.close(file)
            raise RecordError(f"{path} can't be written to: {reason(error)}.") from error
        except BaseException:
            os.close(file)
            raise

    @staticmethod
    def check(path: Path) -> None:
        """Make sure that a record can be gone on with, as far as can be told without reading it.

        Raises
        ------
        RecordError
            See :meth:`resume`.
        """
        path = record_path(path)
        file = _open(path)
        try:
            _lock(file, path)
        finally:
            os.close(file)

    def append(self, event: Event) -> None:
        """Add one event to the file and to :attr:`record`.

        Raises
        ------
        RecordError
            If it couldn't be written; what was there before is as it was.
        """
        try:
            self._write(_encode(event))
        except OSError as error:
            raise RecordError(f"{self.path} can't be written: {reason(error)}") from error
        self.record.add(event)

    def free_reserve(self) -> None:
        """Give up the room kept for the last lines of a run that filled the disk."""
        self._reserve.close()

    def _write(self, rest: bytes) -> None:
        length = self._length + len(rest)
        try:
            while rest:  # a disk that fills up takes a part
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._length = length

    def close(self) -> None:
        """Close the file."""
        self.free_reserve()
        os.close(self._file)

    def discard(self) -> None:
        """Remove the file, in which nothing was measured, and the folders made for it."""
        self.path.unlink()
        self.close()
        _remove_empty(self._made)


def _remove_empty(folders: Sequence[Path]) -> None:
    with contextlib.suppress(OSError):  # what isn't empty stays
        for each in folders:
            each.rmdir()


def _encode(line: Line) -> bytes:
    """Write a line; what isn't text in it, as in names that aren't UTF-8, is shown as escapes."""
    try:
        return msgspec.json.encode(line) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_as_text(msgspec.to_builtins(line))) + b"\n"


def _as_text(value: object) -> object:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    if isinstance(value, dict):
        return {_as_text(name): _as_text(each) for name, each in value.items()}
    return value


def retire(path: Path) -> Path | None:
    """Make room for a new record: one that is there is renamed after the time it was begun.

    Returns
    -------
    Path or None
        Its new path, or None if there was none.

    Raises
    ------
    RecordError
        If it is no record, is a link to one, or is being written.
    """
    if not os.path.lexists(path):
        return None
    file = _open(path)
    try:
        _lock(file, path)
        begun = re.sub(r"[^0-9T]", "", load(path).header.created)[:15]
        kept = path.with_name(f"{path.stem}-{begun}{path.suffix}")
        os.link(path, kept)  # unlike a renaming it replaces nothing
        path.unlink()
    except FileExistsError:
        raise RecordError(f"{kept} exists already: move {path} away.") from None
    except OSError as error:
        raise RecordError(f"{path} can't be renamed: {reason(error)}.") from error
    finally:
        os.close(file)
    return kept


def _open(path: Path) -> int:
    """Open a record to go on with: a plain file, and no link to one."""
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise RecordError(f"{path} is a link: give the record itself.") from error
        why = reason(error) if isinstance(error, OSError) else "no file can have this name"
        raise RecordError(f"{path} can't be written to: {why}.") from error
    about = os.fstat(file)
    wrong = ""
    if not stat.S_ISREG(about.st_mode):
        wrong = "not a plain file"
    elif about.st_size > MOST_RECORD_BYTES:
        wrong = f"larger than {size(MOST_RECORD_BYTES)}"
    elif compressed.has_magic(file):
        os.close(file)
        raise RecordError(
            f"{path} is compressed, and a run appends plain lines: unpack it first, with "
            f"zstd -d {path}."
        )
    if wrong:
        os.close(file)
        raise RecordError(f"{path} is {wrong}: give the record.jsonl of a run.")
    return file


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RecordError(f"{path} is being written by another run: wait for its end.") from None
