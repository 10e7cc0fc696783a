"""Divide the time of a trace among operations. No instant is counted twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aebench.backends.profilers import PYTHON, WAITING, WINDOW, Span

# Categories in which the host runs no operation. They count only while no thread runs one.
_HOST = (PYTHON, WAITING)
_BETWEEN = "between operations"


class Part(NamedTuple):
    """An operation's total ``seconds`` in the marked stretch of a trace, and its calls there."""

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
    """Return the span of a trace from the first to the last measured step.

    Raises
    ------
    ValueError
        If the trace has no such span, or several.
    """
    marked = [span for span in spans if span.name == WINDOW]
    if len(marked) != 1:
        raise ValueError(f"the trace holds the mark {WINDOW!r} {len(marked)} times")
    return marked[0]


def attribute(spans: Sequence[Span]) -> list[Part]:
    """Divide the time of the marked stretch among operations.

    The marked stretch is the span that :func:`window` returns. On one thread an instant belongs to
    the innermost span with a category. Operations that run on several threads at the same instant
    get equal parts of it. An instant without any operation belongs to what the thread of the marked
    stretch does: waiting if it waits, else Python.

    Parameters
    ----------
    spans : sequence of Span
        The spans of a trace, with the marked stretch among them.

    Returns
    -------
    list of Part
        One part per operation, the largest first. Their seconds add up to the marked stretch.

    Raises
    ------
    ValueError
        If the trace has no marked stretch, or several.
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
    """Yield the stretches of one thread, each with its innermost span; they do not overlap."""
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
        # A span that ends later than the span around it is cut to that span's end.
        limit = open_spans[-1].end_seconds if open_spans else end
        open_spans.append(span._replace(end_seconds=min(span.end_seconds, limit, end)))
    yield from until(end)


def _constant_intervals(
    stretches: Sequence[_Stretch], begin: float, end: float
) -> Iterable[tuple[float, list[Span]]]:
    """Yield the seconds and the running spans of each interval in which no span begins or ends."""
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
