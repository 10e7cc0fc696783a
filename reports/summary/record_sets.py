"""Whether several runs are parts of one: they measured different things of the same contenders."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from aebench.reports.journal import Record
from aebench.reports.record import ContenderInfo

# What can be measured once: pass, model, and of the speed pass workload and batch size.
Place = tuple[str, str, str, int]


def are_parts(sources: Sequence[Record]) -> bool:
    """Tell whether no two of several runs measured the same thing."""
    planned = [places(source) for source in sources]
    return len(sources) > 1 and len(set().union(*planned)) == sum(map(len, planned))


def to_tell_apart(sources: Sequence[Record]) -> set[str]:
    """Name the contenders that several runs have and that aren't one: the reader sees whose."""
    found = set()
    told = [
        (places(each), _where(each), {one.name: one for one in _present(each)}) for each in sources
    ]
    for (planned, where, mine), (others_planned, other_where, theirs) in combinations(told, 2):
        meet = where != other_where or not planned.isdisjoint(others_planned)
        found |= {
            name for name in mine.keys() & theirs.keys() if meet or mine[name] != theirs[name]
        }
    return found


def places(source: Record) -> set[Place]:
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


def _planned(source: Record) -> Iterator[Place]:
    plan = source.header.plan
    for model in source.header.models:
        for name in plan.passes:
            if name == "speed":
                for workload in plan.workloads:
                    for size in plan.batch_sizes:
                        yield name, model.name, workload, size
            elif name != "parity" or plan.passes == ["parity"]:
                yield name, model.name, "", 0
