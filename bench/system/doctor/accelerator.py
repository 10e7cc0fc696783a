"""Check that nothing else uses the accelerators, and that nothing slows them down."""

from collections.abc import Callable

from aebench.bench.system import accelerators
from aebench.bench.system.doctor.finding import Finding

_NAME = "accelerators"
MOST_UTILISATION_PERCENT = 5
# Bits of the driver's reasons for lower clocks that are somebody's or something's doing. The other
# bits stand for idleness and for settings of clocks.
_SLOWED = {
    0x04: "its power limit",
    0x08: "its hardware's protection",
    0x20: "its temperature",
    0x40: "its temperature",
    0x80: "its power supply",
}
_COLUMNS = "utilization.gpu,clocks_throttle_reasons.active"


def accelerator(
    query: Callable[..., list[list[str]]] = accelerators.query,
) -> Finding:
    """Check what the driver says of utilisation, of processes and of clocks before a run.

    Parameters
    ----------
    query : callable
        Returns the rows of a table of the driver; see :func:`accelerators.query`.
    """
    cards = query("gpu", "name")
    if not cards:
        return Finding(_NAME, True, "none that nvidia-smi shows")
    rows = query("gpu", _COLUMNS, units=False)
    if not rows:
        return Finding(_NAME, None, "the driver doesn't tell what they do")
    says = []
    busy = [row[0] for row in rows if row[0].isdecimal()]
    most = max(map(int, busy), default=0)
    if most > MOST_UTILISATION_PERCENT:
        says.append(f"other work keeps one busy for {most} % of the time")
    processes = len(query("compute-apps", "pid", units=False))
    if processes:
        says.append(f"{processes} other processes hold memory of them")
    slowed = dict.fromkeys(
        reason for row in rows for bit, reason in _SLOWED.items() if _bits(row[-1]) & bit
    )
    if slowed:
        says.append(f"one is slowed down by {' and '.join(slowed)}")
    if not says:
        return Finding(_NAME, True, f"{len(cards)}, unused")
    advice = (
        "Use them alone and cooled: no block is repeated for what happens on an accelerator, since "
        "nothing watches it during a run."
    )
    return Finding(_NAME, False, "; ".join(says), advice)


def _bits(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:  # the driver doesn't tell
        return 0
