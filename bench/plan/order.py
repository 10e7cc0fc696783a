"""Order the contenders within blocks: balanced, and shuffled by a seed that the record holds."""

import random


def williams_rows(contenders: int) -> list[list[int]]:
    """Build a Williams design.

    Parameters
    ----------
    contenders : int
        At least 1.

    Returns
    -------
    list of list of int
        Orders of the numbers 0 … n-1: n rows if n is even, 2n if n is odd. Over all rows, every
        number stands equally often in every position and equally often right after every other
        number.

    Notes
    -----
    Williams, "Experimental designs balanced for the estimation of residual effects of
    treatments", Australian Journal of Scientific Research A 2 (1949).
    """
    first = [0]
    low, high = 1, contenders - 1
    while low <= high:
        first.append(low)
        if low != high:
            first.append(high)
        low, high = low + 1, high - 1
    rows = [[(number + shift) % contenders for number in first] for shift in range(contenders)]
    if contenders % 2 and contenders > 1:
        rows += [row[::-1] for row in rows]
    return rows


def block_orders(contenders: int, blocks: int, seed: int, launch: int) -> list[list[int]]:
    """Order the contenders in each block of a launch.

    Parameters
    ----------
    contenders, blocks : int
        At least 1; the number of blocks is raised to the next multiple of the design's rows.
    seed, launch : int
        They choose the shuffle: the same seed and launch give the same orders.

    Returns
    -------
    list of list of int
        One order per block. The blocks use all rows of the design once, then all rows again in
        another shuffled order.
    """
    rows = williams_rows(contenders)
    generator = random.Random(f"{seed}/{launch}")
    orders: list[list[int]] = []
    while len(orders) < blocks:
        orders += generator.sample(rows, len(rows))
    return orders
