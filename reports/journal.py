"""Reading and appending records."""

import fcntl
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from reports.record import SCHEMA, End, Event, Failure, Header, Line, Resume, Unit, UnitEnd

T = TypeVar("T")
# Kept free beside a record, so that a full disk leaves room for saying so.
_RESERVE_BYTES = 16384


class RecordError(Exception):
    """A file can't be read as a record, or can't be written; the message says why."""


@dataclass
class Record:
    """A record in memory: its header and its events in the order of their measuring."""

    header: Header
    events: list[Event] = field(default_factory=list)
    damage: str = ""

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def outcome(self) -> str:
        """How it ended: ``complete``, ``failures``, ``interrupted``, or ``unfinished``."""
        last = self.events[-1] if self.events else None
        return last.outcome if isinstance(last, End) else "unfinished"

    def add(self, event: Event) -> None:
        """Take in one event; a resumption takes out what it declares void."""
        if isinstance(event, Resume):
            self.events = [each for each in self.events if not _is_void(each, event.void)]
        self.events.append(event)

    def done(self) -> set[Unit]:
        """Return the units that were measured whole."""
        return {each.unit for each in self.of(UnitEnd)}


class Journal:
    """Appends to a record; each line is in the file before the next is measured.

    Made by :meth:`begin` and :meth:`resume`. The file is locked meanwhile: a record has one writer.
    """

    def __init__(self, path: Path, record: Record, file: int) -> None:
        self.path = path
        self.record = record
        self._file = file
        self._length = os.fstat(file).st_size
        self._reserve = path.with_name(f".{path.name}.reserve")
        self._reserve.write_bytes(b"\0" * _RESERVE_BYTES)

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
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        try:
            _lock(file, path)
            journal = cls(path, Record(header), file)
            journal._write(header)
        except OSError:
            path.unlink()
            path.with_name(f".{path.name}.reserve").unlink(missing_ok=True)
            os.close(file)
            raise
        return journal

    @classmethod
    def resume(cls, path: Path) -> "Journal":
        """Go on with a file; a last line that was cut off is taken away.

        Raises
        ------
        RecordError
            If it isn't a record, is damaged before its last line, or is being written.
        """
        path = record_path(path)
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise RecordError(f"{path} can't be written to: {error.strerror}.") from error
        try:
            _lock(file, path)
            record, sound_bytes = _read(path)
            if b"\n" in path.read_bytes()[sound_bytes:]:
                raise RecordError(
                    f"{path} can't be resumed: {record.damage}, and more follows. Start a new run."
                )
            os.ftruncate(file, sound_bytes)
            record.damage = ""
            return cls(path, record, file)
        except BaseException:
            os.close(file)
            raise

    def append(self, event: Event) -> None:
        """Add one event to the file and to :attr:`record`.

        Raises
        ------
        RecordError
            If it couldn't be written; what was there before is as it was.
        """
        try:
            self._write(event)
        except OSError as error:
            raise RecordError(f"{self.path} can't be written: {error.strerror}") from error
        self.record.add(event)

    def free_reserve(self) -> None:
        """Give up the room kept for the last lines of a run that filled the disk."""
        self._reserve.unlink(missing_ok=True)

    def _write(self, line: Line) -> None:
        rest = msgspec.json.encode(line) + b"\n"
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


def retire(path: Path) -> Path | None:
    """Make room for a new record: one that is there is renamed after the time it was begun.

    Returns
    -------
    Path or None
        Its new path, or None if there was none.

    Raises
    ------
    RecordError
        If it is no record, or is being written.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        _lock(file, path)
        begun = re.sub(r"[^0-9T]", "", load(path).header.created)[:15]
        kept = path.with_name(f"{path.stem}-{begun}{path.suffix}")
        if kept.exists():
            raise RecordError(f"{kept} exists already: move {path} away.")
        path.rename(kept)
    finally:
        os.close(file)
    return kept


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RecordError(f"{path} is being written by another run: wait for its end.") from None


def record_path(path: Path) -> Path:
    """Return the path of a run's record, given that or the folder that holds it.

    Raises
    ------
    RecordError
        If the folder holds none.
    """
    if not path.is_dir():
        return path
    if not (path / "record.jsonl").exists():
        raise RecordError(
            f"{path} holds no record.jsonl: give the folder of one run, results/NAME."
        )
    return path / "record.jsonl"


def record_paths(paths: Sequence[Path]) -> list[Path]:
    """Return the paths of records, given them, or folders of runs, or folders of such folders.

    Raises
    ------
    RecordError
        If one of them holds none.
    """
    found: list[Path] = []
    for path in paths:
        inner = sorted(path.glob("*/record.jsonl")) if path.is_dir() else []
        if inner and not (path / "record.jsonl").exists():
            found += inner
        else:
            found.append(record_path(path))
    # One that is given twice is one.
    return list({path.resolve(): path for path in found}.values())


def load(path: Path) -> Record:
    """Read a record; one that was cut off is read up to the damage.

    Parameters
    ----------
    path : Path
        A ``record.jsonl``, or a folder that holds one.

    Returns
    -------
    Record
        Its ``damage`` says where reading stopped, or is empty.

    Raises
    ------
    RecordError
        If there is no header to be read.
    """
    return _read(record_path(path))[0]


def _read(path: Path) -> tuple[Record, int]:
    """Read a record, and tell how many bytes of it are sound."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordError(
            f"{path} can't be read ({error.strerror}): give the folder of a run, results/NAME."
        ) from error
    if not content.strip():
        raise RecordError(f"{path} is empty: give the record.jsonl of a run.")
    # What follows the last line's end is nothing, or a line that was cut off.
    first, *rest = content.split(b"\n")
    if not rest and first.startswith(b'{"kind":"header"'):
        raise RecordError(f"{path} is cut off in its first line: nothing can be read of it.")
    record = Record(_header(path, first))
    sound_bytes = len(first) + 1
    decoder = msgspec.json.Decoder(Line)
    for number, line in enumerate(rest, start=2):
        last = number == len(rest) + 1
        if last and not line:
            break
        damaged = f"read up to line {number - 1}; line {number} is"
        try:
            event = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            record.damage = f"{damaged} cut off or damaged"
            break
        if last:
            record.damage = f"{damaged} cut off or damaged"
            break
        if isinstance(event, Header):
            record.damage = f"{damaged} a second header"
            break
        record.add(event)
        sound_bytes += len(line) + 1
    return record, sound_bytes


def _header(path: Path, line: bytes) -> Header:
    not_ours = f"{path} is not a record of aebench: give the record.jsonl of a run."
    try:
        version = msgspec.json.decode(line, type=_Versioned).schema
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(not_ours) from error
    if version > SCHEMA:
        raise RecordError(
            f"{path} was written by a newer aebench (schema {version}, this one reads {SCHEMA}): "
            "update aebench."
        )
    try:
        return msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{path} is not a record: its header is damaged ({error}).") from error


class _Versioned(msgspec.Struct):
    kind: str
    schema: int


def _is_void(event: Event, void: Sequence[Unit]) -> bool:
    if isinstance(event, Failure) and not event.definition:
        return True  # what ended the whole run, such as a full disk, is over
    if isinstance(event, UnitEnd):
        return event.unit in void
    return any(unit.holds(event) for unit in void)
