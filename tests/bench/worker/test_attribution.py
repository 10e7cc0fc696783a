"""Test how a trace's time is divided: every instant is counted exactly once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.backends.profilers import CATEGORIES, PYTHON, WAITING, WINDOW, Span
from aebench.bench.worker.attribution import Part, attribute

MARK = Span("main", WINDOW, WINDOW, "", 10.0, 20.0)


def span(begin: float, end: float, category: str, name: str = "op", thread: str = "main") -> Span:
    return Span(thread, name, name, category, begin, end)


def seconds(*spans: Span) -> dict[tuple[str, str], float]:
    return {(each.category, each.operation): each.seconds for each in attribute([MARK, *spans])}


def test_time_without_operations_is_pythons_and_waiting_where_it_waits():
    waits = span(15.0, 19.0, WAITING, "wait")
    assert seconds(waits) == {(PYTHON, "between operations"): 6.0, (WAITING, "wait"): 4.0}


def test_an_operation_has_what_those_within_it_leave():
    found = seconds(
        span(11.0, 15.0, "matrix product", "outer"),
        span(12.0, 13.0, "element-wise", "inner"),
        # A span without a category: its time belongs to the span around it.
        span(13.0, 14.0, "", "holder"),
    )
    assert found[("matrix product", "outer")] == pytest.approx(3.0)
    assert found[("element-wise", "inner")] == pytest.approx(1.0)
    assert found[(PYTHON, "between operations")] == pytest.approx(6.0)


def test_operations_at_the_same_time_share_it_and_hide_python_and_waiting():
    found = seconds(
        span(10.0, 20.0, WAITING, "wait"),
        span(10.0, 14.0, "matrix product", "a", "pool 1"),
        span(12.0, 16.0, "fused", "b", "pool 2"),
    )
    assert found == {
        ("matrix product", "a"): pytest.approx(3.0),
        ("fused", "b"): pytest.approx(3.0),
        (WAITING, "wait"): pytest.approx(4.0),
    }


def test_what_reaches_out_of_the_stretch_counts_within_it_and_only_what_begins_there_is_a_call():
    (part, *_) = attribute([MARK, span(5.0, 19.0, "fused"), span(25.0, 26.0, "fused")])
    assert part == Part("fused", "op", 0, 9.0)


def test_a_trace_without_the_mark_is_refused():
    with pytest.raises(ValueError, match="0 times"):
        attribute([span(1.0, 2.0, "fused")])


MOMENTS = st.floats(5.0, 25.0)
SPANS = st.builds(
    lambda begin, length, category, thread: span(begin, begin + length, category, "op", thread),
    MOMENTS,
    st.floats(0.0, 10.0),
    st.sampled_from(["", *CATEGORIES]),
    st.sampled_from(["main", "one", "two"]),
)


@given(st.lists(SPANS, max_size=30))
def test_the_parts_add_up_to_the_stretch_whatever_a_trace_holds(spans):
    parts = attribute([MARK, *spans])
    assert sum(part.seconds for part in parts) == pytest.approx(10.0)
    assert all(part.seconds >= 0 for part in parts)
