"""Summarise the ladder pass: what a step takes on each rung, and what a rung adds to its base."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median

import msgspec
import numpy as np

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.launches import estimate, mean_error, spread
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, pairs

# The lowest rung: products of matrices alone, which contenders compute by their own libraries.
PRODUCTS = "products"
# The rung up to which it is the framework that computes; above it, it is Keras.
FRAMEWORK = "framework-step"
# Launch and block.
_Place = tuple[int, int]
_Blocks = Mapping[_Place, record.LadderBlock]


class RungRow(msgspec.Struct, frozen=True):
    """One rung of a contender in a cell.

    ``launch_seconds`` is the median step of each launch, ``step_seconds`` their mean.
    ``added_seconds`` is the difference to the ``base`` in the same block. ``call_seconds`` is what
    a call takes beside its steps; None where steps are no part of a call. ``absent`` is why the
    contender hasn't got the rung.
    """

    name: str
    what: str
    adds: str
    aside: bool
    base: str = ""
    step_seconds: Estimate | None = None
    added_seconds: Estimate | None = None
    call_seconds: Estimate | None = None
    steps: int = 0
    absent: str = ""
    launch_seconds: dict[int, float] = {}

    def beyond(self, other: "RungRow") -> Estimate:
        """Return the seconds that a step takes beyond another rung's, over their launches."""
        mine, theirs = self.launch_seconds, other.launch_seconds
        return statistics.mean([mine[each] - theirs[each] for each in mine if each in theirs])

    @property
    def faster_than_base(self) -> bool:
        """Whether the rung takes less than its base by more than the interval."""
        added = self.added_seconds
        return bool(added and added.high is not None and added.high < 0 and not self.aside)


class LadderRow(msgspec.Struct, frozen=True):
    """The rungs of a contender in a cell, lowest first.

    ``products_over_best`` is how many times as long its library takes for the matrix products as
    that of ``best_products``, the contender with the fastest one; None without products.
    """

    contender: str
    model: str
    workload: str = ""
    batch_size: int = 0
    launches: int = 0
    blocks: int = 0
    disturbed: int = 0
    rungs: list[RungRow] = []
    products_over_best: Estimate | None = None
    best_products: str = ""
    failure: str = ""

    def rung(self, name: str) -> RungRow | None:
        """Return a rung that was measured, by its name."""
        return next((each for each in self.rungs if each.name == name and each.steps), None)

    @property
    def on_way(self) -> list[RungRow]:
        """The rungs on the way to what users call that were measured."""
        return [each for each in self.rungs if each.steps and not each.aside]

    @property
    def top(self) -> RungRow | None:
        """What users call."""
        return next(reversed(self.on_way), None)


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[LadderRow]:
    """Return a row for every contender in every cell that was measured, or with its failure."""
    blocks: dict[tuple[int, str, str, int], dict[_Place, record.LadderBlock]] = {}
    for run, source in enumerate(sources):
        for each in source.of(record.LadderBlock):
            key = (run, each.model, each.workload, each.batch_size)
            blocks.setdefault(key, {})[each.launch, each.block] = each
    found: dict[tuple[int, str, str, int], list[LadderRow]] = {}
    for model, view in pairs(sources, views, "ladder"):
        failure = view.failure("ladder", model)
        measured = view.of(record.RungRound, model)
        cells = dict.fromkeys((each.workload, each.batch_size) for each in measured)
        for workload, batch_size in cells:
            key = (view.run, model, workload, batch_size)
            row = _row(view, model, workload, batch_size, blocks.get(key, {}), failure)
            found.setdefault(key, []).append(row)
        if failure and not cells:
            failed = LadderRow(view.name, model, failure=failure)
            found.setdefault((view.run, model, "", 0), []).append(failed)
    return [row for mine in found.values() for row in _beside_best(mine)]


def _row(
    view: ContenderView, model: str, workload: str, batch_size: int, blocks: _Blocks, failure: str
) -> LadderRow:
    rounds: dict[str, dict[_Place, record.RungRound]] = {}
    for each in view.of_batch(record.RungRound, model, batch_size):
        place = (each.launch, each.block)
        counts = place in blocks and not blocks[place].repeated
        if each.workload == workload and counts:
            rounds.setdefault(each.rung, {})[place] = each
    absent = {
        each.rung: each.reason
        for each in view.of_batch(record.AbsentRung, model, batch_size)
        if each.workload == workload
    }
    infos = [each for each in view.source.header.rungs if each.workload == workload]
    places = {place for mine in rounds.values() for place in mine}
    return LadderRow(
        view.name,
        model,
        workload,
        batch_size,
        launches=len({launch for launch, _ in places}),
        blocks=len(places),
        disturbed=sum(blocks[place].disturbed for place in places),
        rungs=[
            _rung(each, _base(each, infos, rounds), rounds)
            if each.name in rounds
            else RungRow(each.name, each.what, each.adds, each.aside, absent=absent[each.name])
            for each in infos
            if each.name in rounds or each.name in absent
        ],
        failure=failure,
    )


def _base(
    info: record.RungInfo,
    infos: Sequence[record.RungInfo],
    rounds: Mapping[str, Mapping[_Place, record.RungRound]],
) -> str:
    """Return the rung below one: its base, or where that wasn't measured, the base's base."""
    bases = {each.name: each.base for each in infos}
    base = info.base
    for _ in infos:  # a record may say that rungs stand on each other
        if not base or base in rounds:
            break
        base = bases.get(base, "")
    return base if base in rounds and base != info.name else ""


def _rung(
    info: record.RungInfo,
    base: str,
    rounds: Mapping[str, Mapping[_Place, record.RungRound]],
) -> RungRow:
    mine, below = rounds[info.name], rounds.get(base, {})
    beside = {
        place: each.seconds - each.steps * each.step_seconds
        for place, each in mine.items()
        # Where steps are no part of a call the two differ by rounding.
        if abs(each.seconds - each.steps * each.step_seconds) > 1e-9 * each.seconds
    }
    added = {
        place: each.step_seconds - below[place].step_seconds
        for place, each in mine.items()
        if place in below
    }
    launches = launch_medians({place: each.step_seconds for place, each in mine.items()})
    return RungRow(
        info.name,
        info.what,
        info.adds,
        info.aside,
        base,
        step_seconds=statistics.mean(list(launches.values())),
        added_seconds=over_launches(added),
        call_seconds=over_launches(beside),
        steps=next(iter(mine.values())).steps,
        launch_seconds=launches,
    )


def launch_medians(values: Mapping[_Place, float]) -> dict[int, float]:
    """Return the median over blocks of each launch, of values by launch and block."""
    launches: dict[int, list[float]] = {}
    for (launch, _), value in values.items():
        launches.setdefault(launch, []).append(value)
    return {launch: median(each) for launch, each in launches.items()}


def over_launches(values: Mapping[_Place, float]) -> Estimate | None:
    """Return the mean over launches of the medians of their blocks, with Student's interval.

    ``values`` are by launch and block; None if there are none.
    """
    launches = list(launch_medians(values).values())
    return statistics.mean(launches) if launches else None


def _beside_best(mine: Sequence[LadderRow]) -> list[LadderRow]:
    """Add how the libraries' products compare, to the rows of one cell of a run."""
    products = {row.contender: rung for row in mine if (rung := row.rung(PRODUCTS))}
    if not products:
        return list(mine)
    best = min(products, key=lambda name: fmean(products[name].launch_seconds.values()))
    least = products[best].launch_seconds
    told = []
    for row in mine:
        rung = products.get(row.contender)
        logs = [
            math.log(seconds / least[launch])
            for launch, seconds in (rung.launch_seconds.items() if rung else ())
            if launch in least
        ]
        if logs:
            over = estimate(fmean(logs), mean_error(spread(logs), len(logs)))
            row = msgspec.structs.replace(row, products_over_best=over, best_products=best)
        told.append(row)
    return told


def fixed_step_seconds(rows: Sequence[LadderRow]) -> dict[str, Estimate]:
    """Return by contender what a step takes whatever the batch, for one model and workload.

    It is the value at batch 0 of the least squares' line through the batch sizes' times of what
    users call, a line for each launch. Contenders with one batch size are left out.
    """
    tops: dict[str, dict[int, RungRow]] = {}
    for row in rows:
        if row.top:
            tops.setdefault(row.contender, {})[row.batch_size] = row.top
    found = {}
    for contender, by_size in tops.items():
        sizes = list(by_size)
        launches = set.intersection(*(set(each.launch_seconds) for each in by_size.values()))
        if len(sizes) > 1 and launches:
            values = [
                [by_size[size].launch_seconds[launch] for launch in sorted(launches)]
                for size in sizes
            ]
            found[contender] = statistics.mean(np.polyfit(sizes, values, 1)[1].tolist())
    return found
