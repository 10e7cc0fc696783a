"""Write records: begin one, resume one, append to it. :mod:`aebench.reports.reading` reads them."""

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

# Bytes reserved on the disk. A run that fills the disk frees them to write its last lines.
_RESERVE_BYTES = 16384


class Journal:
    """Appends lines to a record; a line is written before the next measurement begins.

    :meth:`begin` and :meth:`resume` create a journal. The journal locks the record's file: no other
    process can write to it.
    """

    def __init__(self, path: Path, record: Record, file: int) -> None:
        self.path = path
        self.record = record
        self._file = file
        self._length = os.fstat(file).st_size
        self._made: list[Path] = []  # folders made for the record, the innermost first
        # The system removes this file, which has no name, however the process ends.
        self._reserve = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._reserve.write(b"\0" * _RESERVE_BYTES)
        self._reserve.flush()

    @classmethod
    def begin(cls, path: Path, header: Header) -> "Journal":
        """Create a new record, and its folder if it does not exist.

        Raises
        ------
        FileExistsError
            If the file exists.
        OSError
            If the file can't be written; then the new file and folders are removed again.
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
        """Open a record to continue it, and remove an incomplete last line.

        Raises
        ------
        RecordError
            If the file is no record, is a link, is damaged before its last line, or is being
            written by another process.
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
        """Check that a record can be opened and locked for :meth:`resume`; don't read its content.

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
            If the event can't be written; then the file has the same content as before.
        """
        try:
            self._write(_encode(event))
        except OSError as error:
            raise RecordError(f"{self.path} can't be written: {reason(error)}") from error
        self.record.add(event)

    def free_reserve(self) -> None:
        """Release the reserved disk space.

        Then a run that filled the disk can still write its last lines.
        """
        self._reserve.close()

    def _write(self, rest: bytes) -> None:
        length = self._length + len(rest)
        try:
            while rest:  # a write to an almost full disk may be partial
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._length = length

    def close(self) -> None:
        """Close the record's file, which ends its lock, and release the reserved disk space."""
        self.free_reserve()
        os.close(self._file)

    def discard(self) -> None:
        """Delete the record, which has no measurements, and the folders that begin made for it."""
        self.path.unlink()
        self.close()
        _remove_empty(self._made)


def _remove_empty(folders: Sequence[Path]) -> None:
    with contextlib.suppress(OSError):  # rmdir refuses folders that are not empty
        for folder in folders:
            folder.rmdir()


def _encode(line: Line) -> bytes:
    """Return a line as JSON. Escape what UTF-8 can't encode, such as odd bytes of file names."""
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
    """Rename an existing record, to free its name for a new record.

    Before the file's ending, the new name has the time at which the existing record was begun.

    Returns
    -------
    Path or None
        The new path of the existing record; None if there is no file at ``path``.

    Raises
    ------
    RecordError
        If the file is no plain record, is a link or is being written by another process, or if the
        new name is taken.
    """
    if not os.path.lexists(path):
        return None
    file = _open(path)
    try:
        _lock(file, path)
        begun = re.sub(r"[^0-9T]", "", load(path).header.created)[:15]
        kept = path.with_name(f"{path.stem}-{begun}{path.suffix}")
        os.link(path, kept)  # a link, unlike a renaming, replaces no file
        path.unlink()
    except FileExistsError:
        raise RecordError(f"{kept} exists already: move {path} away.") from None
    except OSError as error:
        raise RecordError(f"{path} can't be renamed: {reason(error)}.") from error
    finally:
        os.close(file)
    return kept


def _open(path: Path) -> int:
    """Open a record for appending and return its descriptor.

    Refuse links, files that aren't regular, compressed files, and files that are too large.
    """
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
