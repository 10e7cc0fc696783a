"""Numbers as people read them: no more digits than their interval bears."""

import math
from collections.abc import Iterable

# Less has no digits that could be shown.
_NOTHING = 1e-300


def _cut(value: float, step: float) -> str:
    """Show a value in whole multiples of a power of ten."""
    decimals = max(0, -round(math.log10(step)))
    return f"{round(value / step) * step:,.{decimals}f}"


def _step(size: float, digits: int) -> float:
    """Give the power of ten that leaves so many digits of a positive size."""
    return 10.0 ** (math.floor(math.log10(size)) + 1 - digits)


def interval(value: float, low: float | None = None, high: float | None = None) -> str:
    """Show ``value [low, high]`` with two digits of the half-width, or three of a bare value.

    Parameters
    ----------
    value : float
        The number.
    low, high : float, optional
        Its interval; without one the value stands alone.
    """
    # What is narrower than floating-point numbers of this size can tell is no interval.
    if low is None or high is None or high - low < max(_NOTHING, 1e-12 * abs(value)):
        return "0" if abs(value) < _NOTHING else _cut(value, _step(abs(value), 3))
    step = _step((high - low) / 2, 2)
    return f"{_cut(value, step)} [{_cut(low, step)}, {_cut(high, step)}]"


def fixed(decimals: int, value: float, low: float | None = None, high: float | None = None) -> str:
    """Show ``value [low, high]`` with so many decimals: for parts that add up, side by side.

    Parameters
    ----------
    decimals : int
        How many.
    value : float
        The number, not negative; one that would show no digit is shown as less than the last one.
    low, high : float, optional
        Its interval or range; without one the value stands alone.
    """

    def cut(number: float) -> str:
        least = 10.0**-decimals
        shown = f"{number:,.{decimals}f}"
        return f"<{least:.{decimals}f}" if number and not float(shown.replace(",", "")) else shown

    return cut(value) if low is None or high is None else f"{cut(value)} [{cut(low)}, {cut(high)}]"


def percent(share: float) -> str:
    """Show a share in per cent, with two digits."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Show a duration: ``<1 s``, ``8 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if 0 < seconds < 0.5:
        return "<1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def listed(words: Iterable[str]) -> str:
    """Join words: ``one, two and three``."""
    *others, last = [*words] or [""]
    return f"{', '.join(others)} and {last}" if others else last
