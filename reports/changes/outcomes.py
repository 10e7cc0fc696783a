"""Tell how what is computed changed: losses after training, and parity."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean

from aebench.reports.changes.change import LOSS, PARITY, Change
from aebench.reports.changes.judging import Judged
from aebench.reports.changes.run_values import RunValues, over_starts
from aebench.reports.changes.shared import shared
from aebench.reports.changes.sides import Sides
from aebench.reports.comparison import Comparison
from aebench.reports.launches import estimate
from aebench.reports.statistics import Estimate


def losses(found: Sides) -> Iterator[Change]:
    """Yield the change of every contender's loss that the base trained."""
    places = dict.fromkeys(
        place for run in found.base for place, row in run.trained.items() if row.trainings
    )
    for model, name in places:
        nothing = partial(Change, LOSS, (model,), name)
        runs = [run for run in found.both if run.losses(model, name)]
        rows = [run.trained[model, name] for run in runs]
        alike = {(row.train_samples, row.batch_size, row.epochs) for row in rows}
        data = {run.header.data_of(model).test_sha256 for run in runs}
        base, new = (_by_seed(side, model, name) for side in found.two)
        if not new:
            yield nothing(reason="it wasn't trained on the new side", lacking=True)
        elif len(alike) > 1 or len(data) > 1:
            yield nothing(reason="the trainings are of other lengths or data")
        elif not base.keys() & new.keys() or min(*base.values(), *new.values()) <= 0:
            yield nothing(reason="no seed was trained on both sides, or a loss isn't positive")
        else:
            yield _loss(nothing, base, new)


def _loss(
    nothing: Callable[..., Change], base: Mapping[int, float], new: Mapping[int, float]
) -> Change:
    """Return the change of losses over the seeds that both sides trained, which are pairs."""
    seeds = sorted(base.keys() & new.keys())
    ratios = over_starts([new[seed] / base[seed] for seed in seeds])
    assert ratios is not None
    told = estimate(ratios.log, ratios.error)
    return nothing(
        judged=Judged(Comparison(told, told, ratios.error, ratios.spread), None, False),
        base=Estimate(fmean(base[seed] for seed in seeds)),
        new=Estimate(fmean(new[seed] for seed in seeds)),
    )


def _by_seed(runs: Sequence[RunValues], model: str, name: str) -> dict[int, float]:
    """Return the test loss by seed, the mean over the runs that trained it."""
    found: dict[int, list[float]] = {}
    for run in runs:
        for seed, loss in run.losses(model, name).items():
            found.setdefault(seed, []).append(loss)
    return {seed: fmean(losses) for seed, losses in found.items()}


def parities(found: Sides) -> Iterator[Change]:
    """Yield what became of the parity of every contender that both sides checked."""
    for place in shared(found, lambda run: run.parity):
        model, name = place
        before, after = (
            [run.parity[place] for run in side if place in run.parity] for side in found.two
        )
        if any(row.checks for row in (*before, *after)):
            # A model differs if it does in any run.
            was, wrong = (
                next(filter(None, (row.differs or row.failure for row in rows)), "")
                for rows in (before, after)
            )
            broken, repaired = bool(wrong and not was), bool(was and not wrong)
            yield Change(
                PARITY, (model,), name, reason=wrong or was, broken=broken, repaired=repaired
            )
