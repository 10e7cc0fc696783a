"""Decide which contenders must be shown with the name of their run, if there are several runs."""

from collections.abc import Iterator, Sequence

from aebench.reports.journal import Record
from aebench.reports.record import ContenderInfo

# One planned measurement: pass, model, workload, batch size. Only the speed pass has the last two;
# in other passes they are "" and 0.
Measured = tuple[str, str, str, int]


def to_tell_apart(sources: Sequence[Record]) -> set[str]:
    """Return the names of contenders that appear in several runs but must not be merged.

    Contenders of one name are merged if they are equal and their runs measured different things on
    the same machine and data. Otherwise the report adds the run's name to the contender's.
    """
    by_name: dict[str, list[tuple[set[Measured], tuple[object, ...], ContenderInfo]]] = {}
    for source in sources:
        planned, where = measured(source), _where(source)
        for info in {info.name: info for info in _present(source)}.values():
            by_name.setdefault(info.name, []).append((planned, where, info))
    return {name for name, mine in by_name.items() if _differ(mine)}


def _differ(mine: Sequence[tuple[set[Measured], tuple[object, ...], ContenderInfo]]) -> bool:
    """Return whether runs of a contender differ, or measured something twice."""
    _, first_where, first = mine[0]
    seen: set[Measured] = set()
    for planned, where, info in mine:
        if where != first_where or info != first or not planned.isdisjoint(seen):
            return True
        seen |= planned
    return False


def measured(source: Record) -> set[Measured]:
    """Return the measurements that a run planned.

    The parity pass is included only if the run has no other pass, since every run with a speed pass
    checks parity too.
    """
    return set(_planned(source))


def _present(source: Record) -> list[ContenderInfo]:
    return [info for info in source.header.contenders if not info.missing]


def _where(source: Record) -> tuple[object, ...]:
    """Return the facts about a run's data and machine on which its numbers depend."""
    header = source.header
    return (
        header.data.train_sha256,
        header.data.test_sha256,
        tuple(sorted((name, own.train_sha256) for name, own in header.data_of_models.items())),
        header.machine.kind,
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
