from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aebench.bench.plan.order import block_orders, williams_rows


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


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 5), st.integers(0, 5))
def test_blocks_are_whole_designs_from_the_seed(contenders, blocks, seed, launch):
    orders = block_orders(contenders, blocks, seed, launch)
    rows = williams_rows(contenders)
    assert blocks <= len(orders) < blocks + len(rows)
    assert orders == block_orders(contenders, blocks, seed, launch)
    counts = Counter(map(tuple, orders))
    assert set(counts) == set(map(tuple, rows))
    assert len(set(counts.values())) == 1


def test_launches_differ():
    assert block_orders(3, 18, 1, 0) != block_orders(3, 18, 1, 1)
