from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aebench.bench.plan.order import block_orders, starting_order, williams_rows


@given(st.integers(1, 9))
def test_each_takes_each_place_and_follows_each_other_equally_often(contenders):
    rows = williams_rows(contenders)
    assert len(rows) == (contenders if contenders % 2 == 0 or contenders == 1 else 2 * contenders)
    places = Counter((place, who) for row in rows for place, who in enumerate(row))
    follows = Counter(pair for row in rows for pair in pairwise(row))
    assert len(places) == contenders**2
    assert len(set(places.values())) == 1
    assert len(follows) == contenders * (contenders - 1)
    assert len(set(follows.values())) <= 1


@given(st.integers(1, 6), st.integers(1, 20), st.integers(1, 5), st.integers(0, 5))
def test_a_run_is_whole_designs_but_for_its_last_rows(contenders, blocks, launches, seed):
    orders = [
        order
        for launch in range(launches)
        for order in block_orders(contenders, blocks, seed, launch)
    ]
    rows = williams_rows(contenders)
    assert len(orders) == blocks * launches
    counts = Counter(map(tuple, orders))
    assert set(counts) <= set(map(tuple, rows))
    # Each row comes equally often; at most one more time than another where the last design is cut.
    assert max(counts.values()) - min(counts[tuple(row)] for row in rows) <= 1


def test_launches_differ():
    assert block_orders(3, 18, 1, 0) != block_orders(3, 18, 1, 1)


@given(st.integers(1, 9), st.integers(0, 5), st.integers(0, 5))
def test_workers_start_in_an_order_of_their_own_in_every_launch(contenders, seed, launch):
    order = starting_order(contenders, seed, launch)
    assert sorted(order) == list(range(contenders))
    assert order == starting_order(contenders, seed, launch)


def test_each_contender_comes_last_in_some_launch():
    assert {starting_order(4, 1, launch)[-1] for launch in range(20)} == {0, 1, 2, 3}
