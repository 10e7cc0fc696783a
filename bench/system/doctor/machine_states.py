"""Check whether the machine changes between two states, as its controls show them."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from aebench.bench.system import machine_controls
from aebench.bench.system.doctor.finding import Finding
from aebench.reports.calm import WINDOW, calm, running_medians

WATCHING_SECONDS = 4.0
PAUSE_SECONDS = 0.02
# More of the time in a second state is no chance: in one state it is a per cent or so.
MOST_SLOW_SHARE = 0.05


def watch(seconds: float = WATCHING_SECONDS) -> dict[str, list[float]]:
    """Return the seconds of the machine controls, timed for some seconds, by their names."""
    found: dict[str, list[float]] = {"compute": [], "streaming": []}
    if not seconds:
        return found
    with machine_controls.calibrated() as controls:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            time.sleep(PAUSE_SECONDS)
            found["compute"].append(controls.compute_seconds())
            found["streaming"].append(controls.streaming_seconds())
    return found


def machine_states(seen: Mapping[str, Sequence[float]]) -> Finding:
    """Check that the controls show one state of the machine."""
    name = "states"
    if len(seen["streaming"]) < 2 * WINDOW:
        return Finding(name, None, "the machine controls were timed too few times")
    slow = {control: ~calm([[seconds]])[0] for control, seconds in seen.items()}
    worst = max(slow, key=lambda control: float(np.mean(slow[control])))
    share = float(np.mean(slow[worst]))
    if share <= MOST_SLOW_SHARE:
        spreads = " and ".join(
            f"{control} {np.std(np.log(seconds)):.1%}" for control, seconds in seen.items()
        )
        return Finding(name, True, f"one in these seconds; SD of {spreads}")
    medians = running_medians(seen[worst])
    longer = float(np.median(medians[slow[worst]]) / np.median(medians[~slow[worst]])) - 1
    says = f"two: in {share:.0%} of these seconds {worst} took {longer:.0%} longer"
    advice = (
        "Something takes the memory, the caches or the cores from time to time; neighbours on a "
        "virtual machine do, and no other check shows it. Ratios may depend on it: the tables say "
        "where they do. Measure at a quieter hour, or on a machine of your own."
    )
    return Finding(name, False, says, advice)
