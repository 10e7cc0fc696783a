"""Whose figures of several runs stand under one name: those that measured different things."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from aebench.reports.journal import Record
from aebench.reports.record import ContenderInfo

# What a run measures once: pass, model, and in the speed pass workload and batch size.
Measured = tuple[str, str, str, int]


def to_tell_apart(sources: Sequence[Record]) -> set[str]:
    """Name the contenders that several runs have and that aren't one: the reader sees whose."""
    found = set()
    told = [
        (measured(each), _where(each), {one.name: one for one in _present(each)})
        for each in sources
    ]
    for (planned, where, mine), (others_planned, other_where, theirs) in combinations(told, 2):
        meet = where != other_where or not planned.isdisjoint(others_planned)
        found |= {
            name for name in mine.keys() & theirs.keys() if meet or mine[name] != theirs[name]
        }
    return found


def measured(source: Record) -> set[Measured]:
    """List what a run was to measure; parity, which comes with speed, only where it is alone."""
    return set(_planned(source))


def _present(source: Record) -> list[ContenderInfo]:
    return [each for each in source.header.contenders if not each.missing]


def _where(source: Record) -> tuple[object, ...]:
    """Say on what a run was, as far as its figures depend on it."""
    header = source.header
    return (
        header.data.train_sha256,
        header.data.test_sha256,
        header.machine.processor,
        header.machine.cores,
        header.plan.threads,
    )


def _planned(source: Record) -> Iterator[Measured]:
    header = source.header
    for cell in header.cells:
        yield "speed", cell.model, cell.workload, cell.batch_size
    for model in header.models:
        for name in header.plan.passes:
            if name not in ("speed", "parity") or header.plan.passes == ["parity"]:
                yield name, model.name, "", 0
