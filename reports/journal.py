"""Reading and appending records."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from reports.record import SCHEMA, Event, Header, Line

T = TypeVar("T")


class RecordError(Exception):
    """A file can't be read as a record; the message says why and what to do."""


@dataclass
class Record:
    """A record in memory: its header and its events in the order of their measuring."""

    header: Header
    events: list[Event] = field(default_factory=list)
    damage: str = ""

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


class Journal:
    """Appends to a record; each line is in the file before the next is measured.

    Parameters
    ----------
    path : Path
        Must not exist; its folder is made.
    header : Header
        The first line.
    """

    def __init__(self, path: Path, header: Header) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.record = Record(header)
        self._file = path.open("xb", buffering=0)
        self._encoder = msgspec.json.Encoder()
        self._write(header)

    def append(self, event: Event) -> None:
        """Add one event to the file and to :attr:`record`."""
        self._write(event)
        self.record.events.append(event)

    def _write(self, line: Line) -> None:
        self._file.write(self._encoder.encode(line) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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
    if path.is_dir():
        path = path / "record.jsonl"
        if not path.exists():
            raise RecordError(
                f"{path.parent} holds no record.jsonl: give the folder of one run, results/NAME."
            )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path} can't be read: {error.strerror}.") from error
    first, *rest = content.split(b"\n")
    if not content.strip():
        raise RecordError(f"{path} is empty: give the record.jsonl of a run.")
    record = Record(_header(path, first))
    decoder = msgspec.json.Decoder(Line)
    for number, line in enumerate(rest, start=2):
        if not line and number == len(rest) + 1:
            break
        try:
            event = decoder.decode(line)
        except msgspec.DecodeError:
            record.damage = f"read up to line {number - 1}; line {number} is cut off or damaged"
            break
        if isinstance(event, Header):
            record.damage = f"read up to line {number - 1}; line {number} is a second header"
            break
        record.events.append(event)
    return record


def _header(path: Path, line: bytes) -> Header:
    try:
        version = msgspec.json.decode(line, type=_Versioned).schema
    except msgspec.DecodeError as error:
        raise RecordError(
            f"{path} is not a record of aebench: give the record.jsonl of a run."
        ) from error
    if version > SCHEMA:
        raise RecordError(
            f"{path} was written by a newer aebench (schema {version}, this one reads {SCHEMA}): "
            "update aebench."
        )
    try:
        return msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError as error:
        raise RecordError(f"{path} is not a record: its header is damaged ({error}).") from error


class _Versioned(msgspec.Struct):
    kind: str
    schema: int
