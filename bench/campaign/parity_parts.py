"""Compare what contenders computed of a model without a closed form, part by part.

The oracle is the same Keras model in float64, on one of the backends. How far a contender may be
from it depends on the model: rounding moves some models by 1e-7 and others by 1e-3. So a backend's
results in float32 are computed again from weights that are one unit in the last place off, and a
multiple of the change is allowed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from aebench.bench.protocol import parity_results as names

Array = np.ndarray[Any, Any]
Results = Mapping[str, Array]

# The rounding of float32, and of what computes in less. Products of float32 matrices whose
# operands are rounded first count as such.
FLOAT32 = 2.0**-24
ROUNDING = {
    "mixed_float16": 2.0**-11,
    "float16": 2.0**-11,
    "mixed_bfloat16": 2.0**-8,
    "bfloat16": 2.0**-8,
    "tf32": 2.0**-11,
}
# A contender may be this many times as far from the oracle as a disturbance moves the results.
# Both are sums of many roundings, so that they have one spread. The largest of three draws is below
# 0.4 of it in 1 % of cases, where the result is a single number, and the contender's own rounding
# above 2.6 of it in 1 %: a ratio of 6.5. Other libraries add up in other orders: twice as much.
FACTOR = 16.0
# A share of a result's size that is always allowed: 32 roundings of float32. Where float64 isn't
# kept to the end, runs in float64 part by up to 4e-7, and so do runs in float32 from them.
FLOOR = 2e-6
# The same for what a step adds to a weight. No disturbance shows the rounding of an optimiser's
# constants: in float32, 1 - 0.999 is off by 1.3e-5, and with it Adam's step by 6e-6. Mistakes
# change a step by 1e-2 and more.
STEP_FLOOR = 1e-4
# The same for the losses of a short training, which follow the steps.
SHORT_FLOOR = 2e-5
# A weight in float32 holds what a step adds to it up to its own rounding: twice, as the sum is
# rounded and what is added was.
WEIGHT_ROUNDING = 4 * FLOAT32
# The difference that stands for results which can't be subtracted.
FAR = 1e9


class RunResults(NamedTuple):
    """Results, as :mod:`aebench.bench.protocol.parity_results` names them, and their rounding."""

    results: Results
    rounding: float = FLOAT32


class CheckPart(NamedTuple):
    """One output, loss or weight of a check: its name, the difference, and what is allowed."""

    where: str
    difference: float
    tolerance: float

    @property
    def excess(self) -> float:
        """Return the difference as a multiple of what is allowed."""
        return self.difference / self.tolerance


class Allowed(NamedTuple):
    """What is allowed in a comparison.

    Parameters
    ----------
    sensitivity : mapping of str to float
        See :func:`sensitivity`.
    rounding : float
        The larger rounding of the two runs.
    """

    sensitivity: Mapping[str, float]
    rounding: float

    @property
    def roundings(self) -> float:
        """Return the rounding as a multiple of float32's."""
        return self.rounding / FLOAT32

    def change(self, name: str) -> float:
        """Return how far a result may be off because of rounding, without the floor."""
        return FACTOR * self.sensitivity.get(name, 0.0) * self.rounding


def rounding(precision: str) -> float:
    """Return the rounding of a precision as workers name it; unknown ones are as good as float32.

    Parameters
    ----------
    precision : str
        Such as ``float32``, ``tf32`` or ``mixed_bfloat16``.
    """
    return ROUNDING.get(precision, FLOAT32)


def with_own_rounding(disturbed: RunResults, float64: RunResults) -> RunResults:
    """Return a witness's changes, those of a step no smaller than its error beside its own float64.

    A disturbance can be rounded away: the gradient of a bias may be a mean of numbers that nearly
    cancel, each rounded to 0.5 whatever the last places of the weights are. What is left of them is
    off by much, in all draws alike.

    Parameters
    ----------
    disturbed : RunResults
        All results of a witness in float32, with the changes by disturbances.
    float64 : RunResults
        Its results in float64.

    Returns
    -------
    RunResults
        The changes alone.
    """
    mine = disturbed.results
    found = {name: mine[name] for name in mine if name.startswith(names.change(""))}
    for place in range(len(mine.get(names.MOVES, ()))):
        name, wanted = names.change(names.move(place)), float64.results.get(names.after(place))
        if name in found and wanted is not None:
            apart = _distance(mine.get(names.after(place)), wanted)
            # A weight in float32 holds a step up to its own rounding, which is allowed apart.
            own = apart - float(np.spacing(np.float32(_size(wanted))))
            if apart != FAR:
                found[name] = np.array(max(float(found[name]), own))
    return RunResults(found, disturbed.rounding)


def sensitivity(disturbed: Sequence[RunResults]) -> dict[str, float]:
    """Return how far each result moves per unit of rounding.

    Of several backends the lower median counts: one whose results are random, because of a fault,
    doesn't hide the fault by a tolerance as large.

    Parameters
    ----------
    disturbed : sequence of RunResults
        The runs of the backends from whose weights disturbances were drawn.
    """
    found: dict[str, list[float]] = {}
    for run in disturbed:
        for name, value in run.results.items():
            if name.startswith(names.change("")):
                moved = float(value) if np.isfinite(value) else 0.0
                found.setdefault(name, []).append(moved / run.rounding)
    return {
        name.removeprefix(names.change("")): sorted(moved)[(len(moved) - 1) // 2]
        for name, moved in found.items()
    }


def forward_parts(mine: Results, oracle: Results, allowed: Allowed) -> list[CheckPart]:
    """Compare outputs; differences are shares of an output's largest number."""
    found: list[CheckPart] = []
    for place, name in enumerate(texts(oracle, names.OUTPUTS)):
        key = names.forward(place)
        size = _size(oracle[key])
        tolerance = allowed.change(key) / size + FLOOR * allowed.roundings
        found.append(_part(name, _distance(mine.get(key), oracle[key]), size, tolerance))
    return found


def loss_parts(mine: Results, oracle: Results, allowed: Allowed) -> list[CheckPart]:
    """Compare losses at inference; differences are shares of the largest."""
    size = _size(oracle[names.LOSS])
    tolerance = allowed.change(names.LOSS) / size + FLOOR * allowed.roundings
    return [_part("", _distance(mine.get(names.LOSS), oracle[names.LOSS]), size, tolerance)]


def step_parts(mine: Results, oracle: Results, allowed: Allowed) -> list[CheckPart]:
    """Compare weights after a step; differences are shares of a weight's largest number."""
    sizes = [_size(oracle[names.after(place)]) for place in range(len(oracle[names.MOVES]))]
    return _weight_parts(mine, oracle, allowed, sizes)


def gradient_parts(mine: Results, oracle: Results, allowed: Allowed) -> list[CheckPart]:
    """Compare weights after a step; differences are shares of the weight's largest change."""
    return _weight_parts(mine, oracle, allowed, [float(move) for move in oracle[names.MOVES]])


def _weight_parts(
    mine: Results, oracle: Results, allowed: Allowed, units: Sequence[float]
) -> list[CheckPart]:
    """Compare weights in units of their own; leave out those of which nothing can be told.

    A gradient that is zero in exact numbers, as that of a bias before a normalisation, is rounding
    alone, and an optimiser such as Adam makes a step of it. There, what is allowed is more than the
    unit.
    """
    found: list[CheckPart] = []
    for place, name in enumerate(texts(oracle, names.WEIGHTS)):
        wanted = oracle[names.after(place)]
        slack = (
            allowed.change(names.move(place))
            + WEIGHT_ROUNDING * _size(wanted)
            + STEP_FLOOR * allowed.roundings * float(oracle[names.MOVES][place])
        )
        if slack < units[place]:
            distance = _distance(mine.get(names.after(place)), wanted)
            found.append(_part(name, distance, units[place], slack / units[place]))
    return found


def short_parts(mine: Results, oracle: Results, allowed: Allowed) -> list[CheckPart]:
    """Compare losses of a short training, at the steps that both tell; shares of the largest."""
    size = _size(oracle[names.SHORT])
    tolerance = allowed.change(names.SHORT) / size + SHORT_FLOOR * allowed.roundings
    rows = {int(step): row for row, step in enumerate(oracle[names.SHORT_STEPS])}
    return [
        _part(
            f"step {step}",
            _distance(mine[names.SHORT][row], oracle[names.SHORT][rows[int(step)]]),
            size,
            tolerance,
        )
        for row, step in enumerate(mine[names.SHORT_STEPS])
        if int(step) in rows
    ]


Parts = Callable[[Results, Results, Allowed], list[CheckPart]]
# By check: the result without which it can't be made, and its parts.
CHECKS: dict[str, tuple[str, Parts]] = {
    "forward": (names.OUTPUTS, forward_parts),
    "loss": (names.LOSS, loss_parts),
    "step": (names.MOVES, step_parts),
    "gradients": (names.MOVES, gradient_parts),
    "short training": (names.SHORT, short_parts),
}


def texts(results: Results, name: str) -> list[str]:
    """Return the texts of an array of results, such as the paths of the weights."""
    return [str(text) for text in results[name]]


def _part(where: str, distance: float, size: float, tolerance: float) -> CheckPart:
    if distance == FAR:
        return CheckPart(f"{where} (of another shape, or not finite)".lstrip(), FAR, tolerance)
    return CheckPart(where, distance / size, tolerance)


def _distance(values: Array | None, wanted: Array) -> float:
    """Return the largest difference; ``FAR`` if values are missing, or not finite alone.

    Equal infinities are the same: outputs that are masked may be infinite.
    """
    if values is None or np.shape(values) != np.shape(wanted):
        return FAR
    ours, theirs = np.asarray(values, np.float64), np.asarray(wanted, np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.where(ours == theirs, 0.0, np.abs(ours - theirs))
    largest = float(np.max(apart, initial=0.0))
    return largest if np.isfinite(largest) else FAR


def _size(values: Array) -> float:
    """Return the largest finite magnitude; 1 if all numbers are zero or there are none."""
    magnitudes = np.abs(np.asarray(values, np.float64))
    largest = float(np.max(magnitudes, initial=0.0, where=np.isfinite(magnitudes)))
    return largest or 1.0
