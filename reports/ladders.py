"""Say in sentences what the rungs of the ladder show: where the time of a step goes."""

from collections.abc import Iterable, Iterator, Sequence

from aebench.reports.formatting import interval, listed, plus_minus
from aebench.reports.statistics import Estimate
from aebench.reports.summary import LadderRow
from aebench.reports.summary.ladder import PRODUCTS, fixed_step_seconds

_MILLI = 1000
# The rung up to which it is the framework that computes; above it, it is Keras.
_FRAMEWORK = "framework-step"
# Calls of fit: on the batches of the file's data(), and on arrays.
_OWN_DATA, _ON_ARRAYS = "fit-own-data", "fit"
# How many times as long a library may take before it is worth a word.
_SLOWER_LIBRARY = 1.1


def parts(row: LadderRow) -> list[tuple[str, float]]:
    """Return what a step consists of, with the seconds of each part: the rungs' additions.

    Where a rung takes less than its base, its addition is negative: the parts add up to the step.
    """
    return [
        (each.adds, added.value if each.base and added else step.value)
        for each in row.on_way
        for added, step in [(each.added_seconds, each.step_seconds)]
        if step
    ]


def sentence(row: LadderRow) -> str:
    """Return a sentence on a contender's step; empty if nothing was measured."""
    top, framework, products = row.top, row.rung(_FRAMEWORK), row.rung(PRODUCTS)
    if top is None or top.step_seconds is None:
        return ""
    told = []
    if framework and framework.step_seconds and framework is not top:
        told.append(f"{_ms(top.beyond(framework))} Keras and Python around the step")
        rest = framework.step_seconds
        if products and products.step_seconds:
            told.append(f"{_ms(products.step_seconds)} matrix products{_library(row)}")
            rest = framework.beyond(products)
        told.append(f"{_ms(rest)} the rest of layers, loss and optimiser")
    call = f" A call takes {_ms(top.call_seconds)} ms beside its steps." if top.call_seconds else ""
    consists = f": {listed(told)}" if told else ""
    return f"A step of {row.contender} takes {_ms(top.step_seconds)} ms{consists}.{call}"


def _library(row: LadderRow) -> str:
    over = row.products_over_best
    if over is None or over.value < _SLOWER_LIBRARY:
        return ""
    times = interval(over.value, over.low, over.high)
    return f" (its library takes {times} times as long as {row.best_products}'s)"


def fixed(rows: Sequence[LadderRow]) -> Iterator[str]:
    """Yield sentences on the part of a step that doesn't depend on the batch."""
    cells: dict[tuple[str, str], list[LadderRow]] = {}
    for row in rows:
        cells.setdefault((row.model, row.workload), []).append(row)
    for (model, workload), mine in cells.items():
        found = fixed_step_seconds(mine)
        if found:
            told = [f"{_ms(seconds)} ms with {name}" for name, seconds in found.items()]
            yield (
                f"Whatever the batch, a step takes {listed(told)} ({workload} {model}; by a line "
                "through the batch sizes)."
            )


def unexplained(rows: Iterable[LadderRow]) -> Iterator[str]:
    """Yield sentences on rungs that take less than the rung below, by more than the interval."""
    for row in rows:
        for each in row.rungs:
            if each.faster_than_base and each.added_seconds:
                yield (
                    f"{row.contender}'s {each.name} takes less than {each.base}, by more than this "
                    "rung's interval: they are two programs for the same work. The ladder doesn't "
                    "tell why; the profile pass may."
                )


def waiting(rows: Iterable[LadderRow]) -> Iterator[str]:
    """Yield sentences on the share of a step that waits for the batches of a file's ``data()``."""
    for row in rows:
        own, base = row.rung(_OWN_DATA), row.rung(_ON_ARRAYS)
        if own and base and own.step_seconds and own.added_seconds:
            share = own.added_seconds.scaled(100 / own.step_seconds.value)
            yield (
                f"With the batches of its file's data(), a step of {row.contender} takes "
                f"{_ms(own.step_seconds)} ms in fit. With arrays that lie ready it takes "
                f"{_ms(own.added_seconds)} ms less: "
                f"{plus_minus(share.value, share.low, share.high)} % of the step wait for data."
            )


def headline(rows: Sequence[LadderRow]) -> Iterator[str]:
    """Yield a sentence on the share of Keras and Python, at the smallest batch of each workload."""
    told = []
    smallest: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.batch_size:
            key = (row.model, row.workload)
            smallest[key] = min(smallest.get(key, row.batch_size), row.batch_size)
    for row in rows:
        top, framework = row.top, row.rung(_FRAMEWORK)
        here = smallest.get((row.model, row.workload)) == row.batch_size
        if here and top and framework and top.step_seconds:
            told.append(
                f"{_ms(top.beyond(framework))} of {_ms(top.step_seconds)} ms with {row.contender} "
                f"({row.workload} {row.model}, batch {row.batch_size})"
            )
    if 0 < len(told) <= 6:
        yield f"Keras and Python around the framework's step take {listed(told)}."


def _ms(seconds: Estimate) -> str:
    found = seconds.scaled(_MILLI)
    return plus_minus(found.value, found.low, found.high)
