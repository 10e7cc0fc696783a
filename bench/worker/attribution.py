"""Where the time of a trace went: every instant counted once, so that the parts add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aebench.backends.profilers import PYTHON, WAITING, WINDOW, Span

# What a thread does on its own account: of the time only where no operation runs.
_HOST = (PYTHON, WAITING)
_BETWEEN = "between operations"


class Part(NamedTuple):
    """What one operation took of the time: ``seconds``, in so many ``calls``."""

    category: str
    operation: str
    calls: int
    seconds: float


class _Stretch(NamedTuple):
    """A stretch of a thread in which one span is the innermost that counts."""

    begin: float
    end: float
    span: Span


def window(spans: Iterable[Span]) -> Span:
    """Find the stretch that the benchmark marked.

    Raises
    ------
    ValueError
        If it isn't in the trace.
    """
    marked = [each for each in spans if each.name == WINDOW]
    if len(marked) != 1:
        raise ValueError(f"the trace holds the mark {WINDOW!r} {len(marked)} times")
    return marked[0]


def attribute(spans: Sequence[Span]) -> list[Part]:
    """Share the marked stretch's time out among operations.

    On one thread an instant belongs to the innermost span that counts (self time). Where operations
    run on several threads at once they share the instant equally. Where none runs anywhere, it
    belongs to what the marking thread does: waiting, if it is in such a span, else Python.

    Parameters
    ----------
    spans : sequence of Span
        A trace, with the mark in it.

    Returns
    -------
    list of Part
        Largest first; their seconds add up to the marked stretch.

    Raises
    ------
    ValueError
        If the mark isn't in the trace.
    """
    marked = window(spans)
    begin, end = marked.begin_seconds, marked.end_seconds
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    by_thread: dict[str, list[Span]] = {}
    for span in spans:
        if span.category and span.end_seconds > begin and span.begin_seconds < end:
            by_thread.setdefault(span.thread, []).append(span)
    stretches = [stretch for mine in by_thread.values() for stretch in _innermost(mine, begin, end)]
    for duration, running in _rounds(stretches, begin, end):
        operations = [each for each in running if each.category not in _HOST]
        if operations:
            for each in operations:
                seconds[each.category, each.operation] += duration / len(operations)
            continue
        mine = [each for each in running if each.thread == marked.thread]
        category, operation = (mine[0].category, mine[0].operation) if mine else (PYTHON, _BETWEEN)
        seconds[category, operation] += duration
    calls = Counter(
        (each.category, each.operation)
        for mine in by_thread.values()
        for each in mine
        if each.begin_seconds >= begin
    )
    return [
        Part(category, operation, calls[category, operation], spent)
        for (category, operation), spent in sorted(seconds.items(), key=lambda each: -each[1])
    ]


def _innermost(spans: Sequence[Span], begin: float, end: float) -> Iterable[_Stretch]:
    """Cut one thread's nested spans into stretches that don't overlap."""
    open_spans: list[Span] = []
    now = begin

    def until(moment: float) -> Iterable[_Stretch]:
        nonlocal now
        while open_spans and open_spans[-1].end_seconds <= moment:
            last = open_spans.pop()
            if last.end_seconds > now:
                yield _Stretch(now, last.end_seconds, last)
                now = last.end_seconds
        if open_spans and moment > now:
            yield _Stretch(now, moment, open_spans[-1])
        now = max(now, moment)

    for span in sorted(spans, key=lambda each: (each.begin_seconds, -each.end_seconds)):
        yield from until(min(max(span.begin_seconds, begin), end))
        # One that outlasts what it began in isn't nested: it ends with it.
        limit = open_spans[-1].end_seconds if open_spans else end
        open_spans.append(span._replace(end_seconds=min(span.end_seconds, limit, end)))
    yield from until(end)


def _rounds(
    stretches: Sequence[_Stretch], begin: float, end: float
) -> Iterable[tuple[float, list[Span]]]:
    """Go through the time from change to change, with what runs meanwhile."""
    changes = sorted(
        [(each.begin, 1, number) for number, each in enumerate(stretches)]
        + [(each.end, 0, number) for number, each in enumerate(stretches)]
    )
    running: dict[int, Span] = {}
    now = begin
    for moment, starts, number in changes:
        if moment > now:
            yield moment - now, list(running.values())
            now = moment
        if starts:
            running[number] = stretches[number].span
        else:
            running.pop(number, None)
    if end > now:
        yield end - now, list(running.values())
