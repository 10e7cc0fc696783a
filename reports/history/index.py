"""An index of records in SQLite, made anew wherever it is missing or old: records are the store.

A record is read again only if its file has changed.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from aebench.reports import journal
from aebench.reports.changes.change import LOSS, PEAK, START, TIME
from aebench.reports.changes.run_values import RunValue, RunValues
from aebench.reports.changes.sides import control_seconds
from aebench.reports.formatting import core_count
from aebench.reports.launches import estimate
from aebench.reports.statistics import Estimate

# What of the machine itself is followed: its controls, and A/A controls beside their originals.
CONTROL, AA = "control", "A/A"
# Another number makes indices of earlier versions anew.
_VERSION = 1
_TABLES = """
CREATE TABLE files (path TEXT PRIMARY KEY, bytes INTEGER, changed INTEGER, problem TEXT);
CREATE TABLE runs (path TEXT PRIMARY KEY, name TEXT, created TEXT, machine TEXT, kind TEXT);
CREATE TABLE versions (path TEXT, contender TEXT, package TEXT, version TEXT);
CREATE TABLE figures (
    path TEXT, quantity TEXT, key TEXT, contender TEXT, against TEXT, variant TEXT,
    value REAL, low REAL, high REAL
);
CREATE INDEX of_path ON figures (path);
"""


class Figure(NamedTuple):
    """A quantity of one run, as the index holds it.

    ``key`` is the place and the contender with slashes between, ``against`` the contender that a
    ratio is to, empty for the quantity itself. ``kind`` tells machines apart, and ``variant`` what
    was measured: a time of an epoch or of a step, a start at a batch size, a loss after so much
    training, and the data.
    """

    path: str
    name: str
    created: str
    machine: str
    kind: str
    quantity: str
    key: str
    contender: str
    against: str
    variant: str
    value: float
    low: float | None
    high: float | None


class Index:
    """The index of some records.

    Parameters
    ----------
    path : Path or None
        Its file; None keeps it in memory alone.
    """

    def __init__(self, path: Path | None) -> None:
        self._database = _opened(path)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def refresh(self, paths: Sequence[Path]) -> list[str]:
        """Index new and changed records and forget those that are gone; return why some can't be.

        Parameters
        ----------
        paths : sequence of Path
            All records that there are.
        """
        known = {
            path: (size, changed)
            for path, size, changed in self._database.execute(
                "SELECT path, bytes, changed FROM files"
            )
        }
        there: set[str] = set()
        try:
            for path in paths:
                name = str(path.resolve())
                there.add(name)
                with contextlib.suppress(OSError):
                    status = path.stat()
                    if known.get(name) != (status.st_size, status.st_mtime_ns):
                        self._forget(name)
                        self._add(name, path, status.st_size, status.st_mtime_ns)
            for name in known.keys() - there:
                self._forget(name)
        finally:
            # Once, not per record: each waits for the disk. An interruption keeps what was read.
            self._database.commit()
        return [
            f"{path}: {problem}"
            for path, problem in self._database.execute(
                "SELECT path, problem FROM files WHERE problem != '' ORDER BY path"
            )
        ]

    def figures(self) -> list[Figure]:
        """Return all figures, in the order of their runs' dates."""
        rows = self._database.execute(
            "SELECT runs.path, name, created, machine, kind, quantity, key, contender, against, "
            "variant, value, low, high FROM figures JOIN runs ON figures.path = runs.path "
            "ORDER BY created, runs.path, figures.rowid"
        )
        return [Figure(*row) for row in rows]

    def versions(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return the versions of packages by record and contender."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for path, contender, package, version in self._database.execute(
            "SELECT path, contender, package, version FROM versions"
        ):
            found.setdefault(path, {}).setdefault(contender, {})[package] = version
        return found

    def _forget(self, name: str) -> None:
        for table in ("files", "runs", "versions", "figures"):
            self._database.execute(f"DELETE FROM {table} WHERE path = ?", (name,))

    def _add(self, name: str, path: Path, size: int, changed: int) -> None:
        problem = ""
        try:
            run = RunValues(journal.load(path))
            rows = list(_figures(run))
        except journal.RecordError as error:
            problem = str(error)
        else:
            machine = run.header.machine
            self._database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?)",
                (
                    name,
                    run.header.name,
                    run.header.created,
                    f"{machine.processor}, {core_count(machine.cores)}",
                    repr(machine.kind),
                ),
            )
            self._database.executemany(
                "INSERT INTO versions VALUES (?, ?, ?, ?)",
                [
                    (name, contender, package, version)
                    for (contender, _), worker in run.worker_of.items()
                    for package, version in worker.versions.items()
                ],
            )
            self._database.executemany(
                "INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(name, *row) for row in rows],
            )
        self._database.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?)", (name, size, changed, problem)
        )


def _opened(path: Path | None) -> sqlite3.Connection:
    """Open the index; make it anew if it is of another version, or no index at all.

    Where its folder can't be written, or another process holds it, it is in memory.
    """
    if path is None:
        return _made(sqlite3.connect(":memory:"))
    with contextlib.suppress(OSError, sqlite3.OperationalError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(sqlite3.DatabaseError):
            database = sqlite3.connect(path)
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == _VERSION:
                # It can be written, and no other process writes it.
                database.execute("BEGIN IMMEDIATE")
                database.rollback()
                return database
            database.close()
        path.unlink(missing_ok=True)
        return _made(sqlite3.connect(path))
    return _made(sqlite3.connect(":memory:"))


def _made(database: sqlite3.Connection) -> sqlite3.Connection:
    database.executescript(_TABLES)
    database.execute(f"PRAGMA user_version = {_VERSION}")
    database.commit()
    return database


_Row = tuple[str, str, str, str, str, float, float | None, float | None]


def _figures(run: RunValues) -> Iterator[_Row]:
    """Yield all figures of a run: quantity, key, contender, beside what, variant, value, ends."""
    plan = run.header.plan
    cores = f", {plan.threads} cores" if plan.threads else ""
    for key, compared in run.cells.items():
        model, workload, size = key
        cell = compared.cell
        place = f"{workload}/{model}/{size}"
        names = [name for name in cell.blocks if not cell.views[name].info.control_of]
        baseline = next((name for name in names if cell.is_baseline(name)), "")
        timing, data = cell.words.timing, _of_data(run, model)
        for name in names:
            against = cell.reference if name != cell.reference else baseline
            row = (TIME, f"{place}/{name}", name)
            epochs = run.has_epochs(key, name)
            variant = (f"epoch on {data}" if epochs else timing) + cores
            yield from _row(*row, "", variant, run.seconds(key, name, epochs))
            if against in cell.blocks and against != name:
                epochs = run.has_epochs(key, name, against)
                variant = (f"epoch on {data}" if epochs else timing) + cores
                yield from _row(*row, against, variant, run.ratio(key, name, against, epochs))
        for ratio in compared.control_ratios:
            yield AA, f"{place}/A/A", "A/A", "", timing, ratio.value, ratio.low, ratio.high
    for model, name in run.starts:
        for quantity in (PEAK, START):
            row = (quantity, f"{model}/{name}", name)
            variant = f"batch {plan.batch_size} on {_of_data(run, model)}{cores}"
            yield from _row(*row, "", variant, run.start(model, name, quantity))
    for (model, name), trained in run.trained.items():
        losses = list(run.losses(model, name).values())
        if losses:
            mean = sum(losses) / len(losses)
            variant = f"{trained.epochs} epochs of {trained.train_samples} samples"
            variant += f" on {_of_data(run, model)}, {len(losses)} seeds"
            yield LOSS, f"{model}/{name}", name, "", variant, mean, None, None
    for control in ("compute", "streaming"):
        if seconds := control_seconds(run, control):
            yield CONTROL, control, control, "", "", seconds, None, None


def _of_data(run: RunValues, model: str) -> str:
    data = run.header.data_of(model)
    return f"{data.name} {data.train_sha256[:8]}"


def _row(
    quantity: str, key: str, contender: str, against: str, variant: str, value: RunValue | None
) -> Iterable[_Row]:
    if value is None:
        return []
    told: Estimate = estimate(value.log, value.error)
    return [(quantity, key, contender, against, variant, told.value, told.low, told.high)]
