"""Read records, which may come from anyone, in time and memory proportional to their size."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

import msgspec

from aebench.reports import compressed, manifest
from aebench.reports.compressed import ENDING, open_record
from aebench.reports.files import size
from aebench.reports.record import (
    SCHEMA,
    End,
    Event,
    Failure,
    Header,
    Line,
    Look,
    Resume,
    Task,
    TaskEnd,
)
from aebench.reports.record.bounds import (
    MOST_CELLS,
    MOST_EVENTS,
    MOST_LINE_BYTES,
    MOST_RECORD_BYTES,
    MOST_RECORDS,
    MOST_VALUES,
)
from aebench.reports.record.schema_5 import LAST, planned, upgraded
from aebench.reports.same_run import distinct
from aebench.reports.sanitize import printable, reason

T = TypeVar("T")
# The name of a record in its run's folder. A compressed record's name ends in .zst too.
RECORD = "record.jsonl"
# Errors that a decoder raises for bytes that are no line of a record.
_NONSENSE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class RecordError(Exception):
    """A record cannot be read or written; the message says why and what to do."""


@dataclass
class Record:
    """A record in memory: its header, and its events in the order of measuring.

    Parameters
    ----------
    header : Header
        The record's first line.
    events : list of Event
        The other lines, without events that a resumption declared void.
    damage : str
        Where and why reading stopped before the file's end; empty if all was read.
    read_bytes : int
        Size of the unpacked file when it was read.
    sound_bytes : int
        Size of the part that was read without damage.
    copies : int
        How many further records of the same run were given, and left out.
    """

    header: Header
    events: list[Event] = field(default_factory=list)
    damage: str = ""
    read_bytes: int = field(default=0, compare=False)
    sound_bytes: int = field(default=0, compare=False)
    copies: int = field(default=0, compare=False)

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of one type, in the order of measuring."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def outcome(self) -> str:
        """Return how the run ended: ``complete``, ``failures``, ``interrupted``, ``unfinished``."""
        last = self.events[-1] if self.events else None
        return last.outcome if isinstance(last, End) else "unfinished"

    def add(self, event: Event) -> None:
        """Add one event; a resumption also removes the events that it declares void."""
        self.events.append(event)
        if isinstance(event, Resume):
            self.events = _without_void(self.events)

    def done(self) -> set[Task]:
        """Return the tasks that finished without a failure."""
        return {end.task for end in self.of(TaskEnd)}


def record_path(path: Path) -> Path:
    """Return the path of a run's record.

    Parameters
    ----------
    path : Path
        The path of the record, which is returned as it is, or of the folder that contains it.

    Raises
    ------
    RecordError
        If the folder contains no record.
    """
    with _refusing(path):
        if not path.is_dir():
            return path
        found = _in_folder(path)
        if found is None:
            raise RecordError(
                f"{path} holds no record.jsonl: give the folder of one run, results/NAME."
            )
        return found


def _in_folder(folder: Path) -> Path | None:
    """Return the path of the record in a run's folder; None if the folder has no record.

    If it has a compressed and an uncompressed record, return the uncompressed one.
    """
    paths = (folder / RECORD, folder / f"{RECORD}{ENDING}")
    return next((path for path in paths if path.exists()), None)


def record_paths(paths: Sequence[Path], most: int = MOST_RECORDS) -> list[Path]:
    """Return the paths of all records that the given paths lead to, as often as they do.

    Parameters
    ----------
    paths : sequence of Path
        Records, folders of runs or of reports, or folders that contain folders of runs.
    most : int
        The largest number of records.

    Raises
    ------
    RecordError
        If a path leads to no record, or there are more records than a report can show.
    """
    found: list[Path] = []
    for path in paths:
        with _refusing(path):
            folders = sorted(path.glob("*/")) if path.is_dir() else []
            inner = [record for record in map(_in_folder, folders) if record is not None]
            if _in_folder(path) is not None:
                found.append(record_path(path))
            else:
                found += inner or _of_report(path) or [record_path(path)]
    if len(found) > most:
        raise RecordError(
            f"these are {len(found):,} records, of which {most:,} can be shown side by side: "
            "give fewer."
        )
    return found


def _of_report(folder: Path) -> list[Path]:
    """Return the paths of the records of a report; an empty list if the folder has no report."""
    try:
        return manifest.records(folder)
    except manifest.ManifestError as error:
        raise RecordError(str(error)) from error


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn errors about a path, such as a name that is too long, into a RecordError."""
    try:
        yield
    except OSError as error:
        raise _unreadable(path, reason(error)) from error
    except (RuntimeError, ValueError) as error:
        raise _unreadable(path, "no file can have this name, or its links lead nowhere") from error


def _unreadable(path: Path, why: str) -> RecordError:
    return RecordError(f"{path} can't be read ({why}): give the folder of a run, results/NAME.")


def load(path: Path) -> Record:
    """Read a record; of a damaged record, read the part before the damage.

    Parameters
    ----------
    path : Path
        A ``record.jsonl``, compressed or not, or a folder that contains a record.

    Returns
    -------
    Record
        The record. Its ``damage`` says where reading stopped, or is empty if all was read.

    Raises
    ------
    RecordError
        If there is no readable header, or the record exceeds a limit of
        :mod:`aebench.reports.record.bounds`.
    """
    path = record_path(path)
    with _opened(path) as file:
        return read(path, file)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """Open a record; refuse files that cannot be read, or are too large when unpacked."""
    try:
        with open_record(path, MOST_RECORD_BYTES) as file:
            yield file
    except OSError as error:
        raise _unreadable(path, reason(error)) from error


def load_all(paths: Sequence[Path]) -> list[tuple[Path, Record]]:
    """Read several records, and leave out copies of a record, or of a record's beginning.

    Parameters
    ----------
    paths : sequence of Path
        Records, or folders that contain a record.

    Returns
    -------
    list of (Path, Record)
        The records in the given order. Of a record and its copies, the longest is returned, at the
        place of the first; its ``copies`` counts the others.

    Raises
    ------
    RecordError
        See :func:`load`.
    """
    loaded = [(path, load(path)) for path in map(record_path, paths)]
    sizes = {record.sound_bytes for _, record in loaded}
    # Records are compared by hashes of their beginnings, as long as each of the records is. One
    # reading of a file gives all its hashes.
    beginnings = [_beginnings(path, record.sound_bytes, sizes) for path, record in loaded]
    found: list[int] = []
    for number, (_, record) in enumerate(loaded):
        for place, other in enumerate(found):
            sound = min(record.sound_bytes, loaded[other][1].sound_bytes)
            if beginnings[number][sound] == beginnings[other][sound]:
                copies = record.copies + loaded[other][1].copies + 1
                if record.sound_bytes > sound:
                    found[place] = number
                loaded[found[place]][1].copies = copies
                break
        else:
            found.append(number)
    kept = [loaded[number] for number in found]
    counted = distinct([record for _, record in kept])
    for each in counted:
        kept[each.index][1].copies = each.copies
    return [kept[each.index] for each in counted]


def _beginnings(path: Path, sound_bytes: int, sizes: Set[int]) -> dict[int, str]:
    """Return hashes of a file's beginning, by size: the given sizes up to ``sound_bytes``."""
    digest = hashlib.sha256()
    found = {}
    done = 0
    with _opened(path) as file:
        for wanted in sorted(count for count in sizes if count <= sound_bytes):
            while done < wanted and (piece := file.read(min(wanted - done, MOST_LINE_BYTES))):
                digest.update(piece)
                done += len(piece)
            found[wanted] = digest.hexdigest()
    return found


def read(path: Path, file: BufferedReader) -> Record:
    """Read a record from an open file; see :func:`load`."""
    first = _line(file)
    if not first.strip() and not file.peek(1).strip():
        raise RecordError(f"{path} is empty: give the record.jsonl of a run.")
    if not first.endswith(b"\n") and first.startswith(b'{"kind":"header"'):
        raise RecordError(f"{path} is cut off in its first line: nothing can be read of it.")
    record = Record(_header(path, first), sound_bytes=len(first))
    _read_events(record, file)
    record.read_bytes = compressed.total_bytes(file)
    if packed := compressed.damage(file):
        record.damage = f"read up to line {1 + len(record.events)}; {packed}"
    record.events = _without_void(record.events)
    return record


def _line(file: BufferedReader) -> bytes:
    return file.readline(MOST_LINE_BYTES)


def _read_events(record: Record, file: BufferedReader) -> None:
    """Add a file's events to a record, up to the end of the file or to the first damage."""
    decode = _decoder(record.header.schema)
    number, values = 1, 0

    def damaged(how: str) -> str:
        return f"read up to line {number - 1}; line {number} is {how}"

    while line := _line(file):
        number += 1
        if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
            record.damage = damaged(f"longer than {size(MOST_LINE_BYTES)}")
            return
        values += line.count(b",")
        if values > MOST_VALUES:
            record.damage = (
                f"read up to line {number - 1}; more than {MOST_VALUES:,} values aren't read"
            )
            return
        try:
            event = decode(line)
        except _NONSENSE as error:
            # If the line is valid JSON with an impossible value, the message names that value.
            odd = isinstance(error, msgspec.ValidationError)
            why = f" ({printable(str(error))})" if odd else ""
            record.damage = damaged(f"cut off or damaged{why}")
            return
        if not line.endswith(b"\n"):
            record.damage = damaged("cut off or damaged")
            return
        if isinstance(event, Header):
            record.damage = damaged("a second header")
            return
        if len(record.events) == MOST_EVENTS:
            record.damage = f"read up to line {number - 1}; more than {MOST_EVENTS:,} aren't read"
            return
        record.events.append(event)
        record.sound_bytes += len(line)


def _decoder(schema: int) -> Callable[[bytes], Line]:
    """Return the function that decodes a line of a schema, renaming the fields of old schemas."""
    if schema > LAST:
        return msgspec.json.Decoder(Line).decode
    raw = msgspec.json.Decoder()
    return lambda line: msgspec.convert(upgraded(raw.decode(line)), Line)


def _header(path: Path, line: bytes) -> Header:
    not_ours = f"{path} is not a record of aebench: give the record.jsonl of a run."
    try:
        version = msgspec.json.decode(line, type=_Versioned).schema
    except _NONSENSE as error:
        raise RecordError(not_ours) from error
    if version > SCHEMA:
        raise RecordError(
            f"{path} was written by a newer aebench (schema {version}, this one reads {SCHEMA}): "
            "update aebench."
        )
    try:
        header = _decoder(version)(line)
        if not isinstance(header, Header):
            raise RecordError(not_ours)
    except _NONSENSE as error:
        raise RecordError(
            f"{path} is not a record: its header is damaged ({printable(str(error))})."
        ) from error
    _check_cells(path, header)
    return planned(header) if version <= LAST else header


def _check_cells(path: Path, header: Header) -> None:
    """Raise a RecordError if a header has too many cells, or cells of an unplanned workload."""
    sizes = sum(max(1, len(each.batch_sizes)) for each in header.plan.sizes)
    cells = max(1, len(header.models) * max(1, sizes), len(header.cells))
    rows = cells * len(header.contenders)
    if rows > MOST_CELLS:
        raise RecordError(
            f"{path} plans {rows:,} comparisons, of which {MOST_CELLS:,} are read: models × "
            "contenders × workloads × batch sizes."
        )
    unknown = {cell.workload for cell in header.cells} - set(header.plan.workloads)
    if unknown:
        raise RecordError(
            f"{path} is not a record: its plan has no sizes for {printable(min(unknown))}."
        )


class _Versioned(msgspec.Struct):
    kind: str
    schema: int


def _without_void(events: Sequence[Event]) -> list[Event]:
    """Return a list of events, without the events that a later resumption declares void."""
    # The parts that count, by void task.
    void: dict[Task, set[str]] = {}
    resumed = False
    kept: list[Event] = []
    for event in reversed(events):
        if isinstance(event, Resume):
            resumed = True
            parts: dict[Task, set[str]] = {task: set() for task in event.void}
            for each in event.kept:
                parts.setdefault(each.task, set()).add(each.part)
            for task in event.void:
                # A part that an earlier resumption repeated counts from there on.
                void[task] = void[task] & parts[task] if task in void else parts[task]
        elif resumed and _is_void(event, void):
            continue
        kept.append(event)
    kept.reverse()
    return kept


def _is_void(event: Event, void: Mapping[Task, Set[str]]) -> bool:
    if isinstance(event, Failure) and not event.model:
        return True  # after a resumption, an earlier failure of the whole run no longer counts
    if isinstance(event, TaskEnd):
        return event.task in void
    if isinstance(event, Look):
        # A look is at all launches so far, and spreads are pooled over models.
        return any(task.pass_name == "speed" and task.launch <= event.launch for task in void)
    # A failure of a part leaves the part to be repeated.
    part = None if isinstance(event, Failure) else getattr(event, "loop", "")
    return any(task in void and part not in void[task] for task in Task.around(event))
