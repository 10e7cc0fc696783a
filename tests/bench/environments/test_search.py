"""Test the search for the first that is slower."""

from hypothesis import given
from hypothesis import strategies as st

from aebench.bench.environments.search import Answer, first_bad


@given(st.integers(2, 200), st.data())
def test_it_finds_the_first_in_few_questions(count, data):
    first = data.draw(st.integers(1, count - 1))
    asked = []

    def ask(number):
        asked.append(number)
        return Answer.BAD if number >= first else Answer.GOOD

    found = first_bad(count, ask)
    assert (found.last_good, found.first_bad, found.untold) == (first - 1, first, [])
    assert len(asked) == len(set(asked)) <= 1 + (count - 1).bit_length()
    assert list(found.answers) == asked and 0 not in asked


@given(st.integers(2, 60), st.data())
def test_where_no_answer_comes_the_first_lies_within_what_is_left(count, data):
    first = data.draw(st.integers(1, count - 1))
    silent = data.draw(st.sets(st.integers(1, max(1, count - 2)))) - {count - 1}

    def ask(number):
        if number in silent:
            return Answer.OPEN
        return Answer.BAD if number >= first else Answer.GOOD

    found = first_bad(count, ask)
    assert found.last_good < first <= found.first_bad
    assert set(found.untold) <= silent


@given(st.integers(2, 60), st.sampled_from([Answer.GOOD, Answer.OPEN]))
def test_without_a_slower_end_nothing_is_searched(count, answer):
    asked = []
    assert first_bad(count, lambda number: asked.append(number) or answer) is None
    assert asked == [count - 1]
