"""Say in sentences what the rungs of the ladder show: where the time of a step goes."""

from collections.abc import Iterable, Iterator, Sequence

from aebench.reports.formatting import interval, listed, plus_minus
from aebench.reports.statistics import Estimate
from aebench.reports.summary import LadderRow
from aebench.reports.summary.ladder import fixed_step_seconds
from aebench.reports.summary.step_parts import StepParts, step_parts

_MILLI = 1000
# Calls of fit: on the batches of the file's data(), and on arrays.
_OWN_DATA, _ON_ARRAYS = "fit-own-data", "fit"
# How many times as long a library may take before it is worth a word.
_SLOWER_LIBRARY = 1.1


def drawn(row: LadderRow) -> list[tuple[str, float]]:
    """Return the parts of a step with their seconds, none within another, for a figure."""
    found = step_parts(row)
    products = found.products.value if found.products else 0.0
    parts = [
        ("matrix products", found.products, 0.0),
        ("the framework alone, else", found.alone, products),
        ("the framework and Keras's layers, else", found.together, products),
        ("Keras's layers", found.layers, 0.0),
        ("Keras and Python around", found.around, 0.0),
    ]
    return [(name, part.value - less) for name, part, less in parts if part]


def sentence(row: LadderRow) -> str:
    """Return a sentence on a contender's step; empty if nothing was measured."""
    top = row.top
    if top is None or top.step_seconds is None:
        return ""
    parts = step_parts(row)
    products = ""
    if parts.products:
        products = f" ({_ms(parts.products)} of it matrix products{_library(row)})"
    told = [
        f"{_ms(part)} {name}{'' if at else products}"
        for at, (name, part) in enumerate(_named(parts))
    ]
    call = f" A call takes {_ms(top.call_seconds)} ms beside its steps." if top.call_seconds else ""
    consists = f": {listed(told)}" if told else ""
    return f"A step of {row.contender} takes {_ms(top.step_seconds)} ms{consists}.{call}"


def _named(parts: StepParts) -> list[tuple[str, Estimate]]:
    """Return the parts that add up to a step, each after its name in a sentence."""
    names = {
        "the framework alone, without Keras": parts.alone,
        "the framework with Keras's layers, loss and optimiser": parts.together,
        "Keras's layers, loss and optimiser beyond it": parts.layers,
        "Keras and Python around the step": parts.around,
    }
    return [(name, part) for name, part in names.items() if part]


def _library(row: LadderRow) -> str:
    over = row.products_over_best
    # Where the interval holds 1, the libraries aren't shown to differ.
    if over is None or over.value < _SLOWER_LIBRARY or (over.low or 0.0) < 1:
        return ""
    times = interval(over.value, over.low, over.high)
    return f", for which its library takes {times} times as long as {row.best_products}'s"


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
                    "rung's interval: it is another program, not the same with more work. The "
                    "ladder doesn't tell why."
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
    """Yield a sentence on the largest part of each contender's step, in the first smallest cell."""
    measured = [row for row in rows if row.top and row.top.step_seconds]
    if not measured:
        return
    first = measured[0]
    mine = [row for row in measured if (row.model, row.workload) == (first.model, first.workload)]
    smallest = min(row.batch_size for row in mine)
    told = []
    for row in mine:
        parts = _named(step_parts(row))
        if row.batch_size == smallest and parts and row.top and row.top.step_seconds:
            name, part = max(parts, key=lambda each: each[1].value)
            name = name.removesuffix(" beyond it")
            told.append(
                f"{_ms(row.top.step_seconds)} ms with {row.contender}, of which the largest part "
                f"is {name} ({_ms(part)})"
            )
    if told:
        yield (
            f"A step of {first.workload} {first.model} at batch {smallest} takes {'; '.join(told)}."
        )


def _ms(seconds: Estimate) -> str:
    found = seconds.scaled(_MILLI)
    return plus_minus(found.value, found.low, found.high)
