"""Choose the order of the contenders in each block: balanced, and shuffled with a given seed."""

import random


def williams_rows(contenders: int) -> list[list[int]]:
    """Return a Williams design: orders of the contenders that are balanced over all rows.

    Parameters
    ----------
    contenders : int
        Their number, at least 1.

    Returns
    -------
    list of list of int
        Orders of the numbers 0 … n-1: n rows if n is even, 2n if n is odd. Over all rows, every
        number is equally often in every position, and equally often right after every other
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
    """Return the order of the contenders in each block of a launch.

    Parameters
    ----------
    contenders, blocks : int
        Their numbers, at least 1.
    seed, launch : int
        The seed of the shuffle and the number of the launch. The same values give the same orders.

    Returns
    -------
    list of list of int
        One order per block, a list of contender indices. All rows of the design are used once in
        a shuffled order, then all rows again in another shuffled order, and so on. The sequence
        goes on from launch to launch, so that a run is balanced but for its last rows.
    """
    rows = williams_rows(contenders)
    generator = random.Random(f"{seed}/orders")
    orders: list[list[int]] = []
    while len(orders) < blocks * (launch + 1):
        orders += generator.sample(rows, len(rows))
    return orders[blocks * launch : blocks * (launch + 1)]


def starting_order(contenders: int, seed: int, launch: int) -> list[int]:
    """Return the order in which a launch's workers start, compile and warm up.

    The worker that always comes last would lean: its order is drawn for every launch.
    """
    return random.Random(f"{seed}/{launch}/start").sample(range(contenders), contenders)
