"""Write numbers for people, with no more digits than their interval justifies."""

import math
from collections.abc import Iterable

# A number nearer to 0 than this is shown as 0.
_NOTHING = 1e-300
# The largest number of names in a list that are shown.
MOST_NAMED = 10


def _cut(value: float, step: float) -> str:
    """Return a value as text, rounded to a multiple of ``step``, which is a power of ten."""
    decimals = max(0, -round(math.log10(step)))
    return f"{round(value / step) * step:,.{decimals}f}"


def _step(size: float, digits: int) -> float:
    """Return the power of ten to round to, so that a positive size keeps ``digits`` digits."""
    return 10.0 ** (math.floor(math.log10(size)) + 1 - digits)


def interval(value: float, low: float | None = None, high: float | None = None) -> str:
    """Return ``value [low, high]`` as text; its last digit is the half-width's second digit.

    Without an interval, return the value alone with three significant digits.

    Parameters
    ----------
    value : float
        The number.
    low, high : float, optional
        The ends of its interval, if it has one.
    """
    # Ends that differ by no more than rounding errors of floating-point numbers are no interval.
    if low is None or high is None or high - low < max(_NOTHING, 1e-12 * abs(value)):
        return "0" if abs(value) < _NOTHING else _cut(value, _step(abs(value), 3))
    step = _step((high - low) / 2, 2)
    if min(value, low) > 0 and high - low > 2 * value:
        # So wide that common digits would make a positive number 0: each has two of its own.
        value_text, low_text, high_text = (_cut(x, _step(x, 2)) for x in (value, low, high))
        return f"{value_text} [{low_text}, {high_text}]"
    return f"{_cut(value, step)} [{_cut(low, step)}, {_cut(high, step)}]"


def relative(value: float, low: float | None = None, high: float | None = None) -> str:
    """Return ``value ±x %`` as text, with ± to the farther end of the interval.

    The parameters are those of :func:`interval`.
    """
    if not value or low is None or high is None:
        return interval(value, low, high)
    reach = max(high - value, value - low)
    if reach <= 1e-12 * abs(value):
        return interval(value)
    if reach > abs(value):  # no share of the value tells how far down it goes
        return interval(value, low, high)
    # The spaces within don't break: a narrow column breaks before the ±.
    share = percent(reach / abs(value)).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{_cut(value, _step(reach, 2))} ±{share}"


def plus_minus(value: float, low: float | None = None, high: float | None = None) -> str:
    """Return ``value ±reach`` as text, with ± to the farther end of the interval.

    The parameters are those of :func:`interval`.
    """
    if low is None or high is None:
        return interval(value)
    reach = max(high - value, value - low)
    if reach < max(_NOTHING, 1e-12 * abs(value)):
        return interval(value)
    step = _step(reach, 2)
    return f"{_cut(value, step)} ±{_cut(reach, step)}"


def spanned(value: float, low: float | None = None, high: float | None = None) -> str:
    """Return ``low to high`` as text: the range of several runs' values, without their middle.

    The parameters are those of :func:`interval`. Without a range, return the value alone.
    """
    ends = [interval(end) for end in (low, high) if end is not None]
    return " to ".join(dict.fromkeys(ends)) or interval(value)


def fixed(decimals: int, value: float, low: float | None = None, high: float | None = None) -> str:
    """Return ``value [low, high]`` as text with a fixed number of decimals.

    Use it for parts that are shown next to each other and add up.

    Parameters
    ----------
    decimals : int
        Number of decimals.
    value : float
        The number, not negative. If it would be rounded to zero, it is shown as, say, ``<0.01``.
    low, high : float, optional
        The ends of its interval or range; without them the value alone is shown.
    """

    def cut(number: float) -> str:
        least = 10.0**-decimals
        shown = f"{number:,.{decimals}f}"
        return f"<{least:.{decimals}f}" if number and not float(shown.replace(",", "")) else shown

    return cut(value) if low is None or high is None else f"{cut(value)} [{cut(low)}, {cut(high)}]"


def percent(share: float) -> str:
    """Return a share in per cent as text: two digits below 99.5 %, whole per cent above."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Return a duration as text: ``<1 s``, ``8 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if 0 < seconds < 0.5:
        return "<1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def core_count(cores: int) -> str:
    """Return a number of cores as text: ``1 core``, ``2 cores``."""
    return f"{cores:,} core{'' if cores == 1 else 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words as one text: ``one, two and three``."""
    *others, last = [*words] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def some(words: Iterable[str]) -> list[str]:
    """Return the words; if there are too many, the first ten and "N others"."""
    told = list(words)
    left = len(told) - MOST_NAMED
    return [*told[:MOST_NAMED], f"{left:,} others"] if left > 1 else told
