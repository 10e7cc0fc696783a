"""Attribute the time of a trace to operations; each instant counts once, so the parts add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aebench.backends.profilers import PYTHON, WAITING, WINDOW, Span

# Categories of the host's own time: they count only while no operation runs on any thread.
_HOST = (PYTHON, WAITING)
_BETWEEN = "between operations"


class Part(NamedTuple):
    """The ``seconds`` that one operation took in the marked stretch, in ``calls`` calls."""

    category: str
    operation: str
    calls: int
    seconds: float


class _Stretch(NamedTuple):
    """A stretch of time on one thread during which ``span`` is the innermost span."""

    begin: float
    end: float
    span: Span


def window(spans: Iterable[Span]) -> Span:
    """Return the span that marks the measured steps in a trace.

    Raises
    ------
    ValueError
        If the trace does not hold exactly one such span.
    """
    marked = [span for span in spans if span.name == WINDOW]
    if len(marked) != 1:
        raise ValueError(f"the trace holds the mark {WINDOW!r} {len(marked)} times")
    return marked[0]


def attribute(spans: Sequence[Span]) -> list[Part]:
    """Divide the time of the marked stretch among operations.

    On one thread an instant belongs to the innermost span with a category (self time). Operations
    that run on several threads at the same instant share that instant equally. An instant without
    any operation belongs to the activity of the thread with the mark: waiting, or else Python.

    Parameters
    ----------
    spans : sequence of Span
        A trace that holds the mark.

    Returns
    -------
    list of Part
        The largest part first; the seconds of all parts add up to the marked stretch.

    Raises
    ------
    ValueError
        If the trace does not hold exactly one mark.
    """
    marked = window(spans)
    begin, end = marked.begin_seconds, marked.end_seconds
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    by_thread: dict[str, list[Span]] = {}
    for span in spans:
        if span.category and span.end_seconds > begin and span.begin_seconds < end:
            by_thread.setdefault(span.thread, []).append(span)
    stretches = [stretch for mine in by_thread.values() for stretch in _innermost(mine, begin, end)]
    for duration, running in _constant_intervals(stretches, begin, end):
        operations = [span for span in running if span.category not in _HOST]
        if operations:
            for span in operations:
                seconds[span.category, span.operation] += duration / len(operations)
            continue
        mine = [span for span in running if span.thread == marked.thread]
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
    """Cut the nested spans of one thread into stretches that do not overlap."""
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
        # A span that ends after the span around it is cut there, so that all spans are nested.
        limit = open_spans[-1].end_seconds if open_spans else end
        open_spans.append(span._replace(end_seconds=min(span.end_seconds, limit, end)))
    yield from until(end)


def _constant_intervals(
    stretches: Sequence[_Stretch], begin: float, end: float
) -> Iterable[tuple[float, list[Span]]]:
    """Yield each interval in which the running spans stay the same: its seconds and its spans."""
    changes = sorted(
        [(stretch.begin, 1, number) for number, stretch in enumerate(stretches)]
        + [(stretch.end, 0, number) for number, stretch in enumerate(stretches)]
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
