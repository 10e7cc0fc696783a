"""Summarise one cell of the speed pass: a row for every contender, and what holds for the cell."""

from collections.abc import Iterable
from math import expm1, log, sqrt

import msgspec

from aebench.reports.comparison import Comparison, drift, noise_floor, pair_sd, verdict
from aebench.reports.formatting import listed
from aebench.reports.launches import spread
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_answer import CellAnswer, Ranking
from aebench.reports.summary.cell_comparisons import CellComparisons
from aebench.reports.summary.cell_controls import CellControls
from aebench.reports.summary.cell_measurements import STEADY, STEADY_RATIO, STEPS
from aebench.reports.summary.shared import ContenderView
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow

# Machine controls, and the fields of a block with their seconds. Older records have the first.
_MACHINE_CONTROLS = {
    "fixed NumPy work": "fixed_work_seconds",
    "the compute control": "compute_seconds",
    "the streaming control": "streaming_seconds",
}


class CellSummary:
    """The summary of a cell.

    Parameters
    ----------
    compared : CellComparisons
        The comparisons of the cell's contenders.
    drift_tests : int
        The number of contenders in all cells of the run, each of which is tested for drift.
    """

    def __init__(self, compared: CellComparisons, drift_tests: int = 1) -> None:
        self._compared = compared
        self._drift_tests = drift_tests
        self._cell = compared.cell

    def summarise(self) -> tuple[SpeedCell, Ranking]:
        """Return the summary of the cell, with a verdict for every ranked contender."""
        comparisons = (
            max(0, len(self._cell.peers) - 1) if self._cell.reference in self._cell.peers else 0
        )
        rows = self._rows(comparisons)
        floors = map(noise_floor, self._compared.control_ratios)
        rotating = [each for each in self._cell.controls.values() if each.rotate]
        counted = self._cell.rounds.counted
        cell = SpeedCell(
            self._cell.model,
            self._cell.workload,
            self._cell.batch_size,
            self._cell.reference,
            steps_per_round=self._cell.rounds.steps,
            launches=max(
                (len(self._cell.rounds.step_logs(name)) for name in self._cell.blocks), default=0
            ),
            # Runs of one contender each have blocks of their own: all of them count.
            blocks=len({block for mine in self._cell.blocks.values() for block in mine}),
            rows=rows,
            answer="",
            judged_by=self._cell.judged_by,
            comparisons=comparisons,
            different=self._cell.plan.different,
            same=self._cell.plan.same,
            control_excess=expm1(self._compared.excess),
            noise_floor=max((each for each in floors if each is not None), default=None),
            noise_floors=self._compared.noise_floors(rotating),
            controls=[launch for each in rotating for launch in each.described],
            repeated=len(self._cell.rounds.watched) - len(counted),
            disturbed=sum(row.disturbed for row in counted),
            background_share=_mean(row.background_share for row in counted),
            steal_share=_mean(row.steal_share for row in counted),
            most_steal_share=max(
                (row.steal_share for row in counted if row.steal_share is not None), default=None
            ),
            control_sds=self._control_sds(),
            library_samples_per_second=self._cell.libraries.samples_per_second(
                self._cell.batch_size
            ),
            limit=self._cell.limit(),
            timing=self._cell.words.timing,
            has_epochs=self._cell.words.trains,
            stopping=self._cell.stopping(),
        )
        if cell.mostly_disturbed:
            judged = {*self._cell.peers, *(row.contender for row in rows if row.control_of)}
            rows = [
                msgspec.structs.replace(row, verdict="disturbed")
                if row.contender in judged and row.verdict
                else row
                for row in rows
            ]
        fastest, answer, ranking = CellAnswer(self._compared).answer(cell)
        return msgspec.structs.replace(cell, rows=rows, answer=answer, fastest=fastest), ranking

    def _rows(self, comparisons: int) -> list[SpeedRow]:
        """Return a row for each contender, and one for the A/A controls that take turns."""
        rotating = {
            view.name: each
            for each in self._cell.controls.values()
            if each.rotate
            for view in each.views
        }
        rows: dict[str, SpeedRow] = {}
        for name, view in self._cell.views.items():
            controls = rotating.get(name)
            if controls is None:
                rows[name] = self._row(view, comparisons)
            elif controls.name not in rows:
                rows[controls.name] = self._control_row(controls)
        return list(rows.values())

    def _control_row(self, controls: CellControls) -> SpeedRow:
        """Return the row of A/A controls that take turns: they have no throughput in common."""
        originals = controls.originals
        failure = controls.failure(self._cell.model)
        nothing = SpeedRow(controls.name, listed(originals), originals=originals)
        compared = self._compared.compare_controls(controls)
        if compared is None:
            return msgspec.structs.replace(nothing, failure=failure or "not measured")
        blocks = controls.blocks
        fewest = min(len(each) for each in (blocks, *(self._cell.blocks[of] for of in originals)))
        planned = self._cell.planned(controls.views[0].name)
        return msgspec.structs.replace(
            nothing,
            rounds=len(blocks),
            times_reference=compared.ratio,
            adjusted=compared.adjusted,
            verdict="unfinished"
            if fewest < planned
            else verdict(compared.adjusted, self._cell.plan.different, self._cell.plan.same),
            minimum_detectable_effect=self._compared.smallest_effect(
                controls.views[0].name, compared, 1
            ),
            pair_sd=pair_sd(controls.ratios),
            launch_sd=compared.spread.sd if compared.spread else None,
            failure=failure,
        )

    def _row(self, view: ContenderView, comparisons: int) -> SpeedRow:
        failure = view.failure("speed", self._cell.model, self._cell.workload)
        control_of = self._cell.original(view)
        nothing = SpeedRow(view.name, control_of, view.info.known_effect)
        name = view.name
        mine = self._cell.blocks.get(name)
        if not mine:
            return msgspec.structs.replace(
                nothing,
                verdict="baseline" if not control_of and self._cell.is_baseline(name) else "",
                failure=failure or "not measured",
            )
        step = self._compared.time(STEPS, name)
        against = control_of or self._cell.reference
        apart = "" if control_of else self._cell.apart(name)
        judged = bool(control_of) or (name in self._cell.peers and comparisons > 0)
        excess = 0.0 if control_of else self._compared.excess
        steps: Comparison | None = None
        epoch: Comparison | None = None
        if name != against and against in self._cell.blocks:
            steps = self._compared.compare(
                name, against, comparisons if not control_of else 1, excess
            )
            epoch = self._compared.compare_epochs(name, against, comparisons, excess)
        if steps is None and name != against and against in self._cell.blocks:
            ratio: Estimate | None = self._compared.unpaired(STEPS, name, against)
        else:
            ratio = steps.ratio if steps else None
        paired = epoch if epoch and self._cell.judged_by == "epoch" else steps
        return msgspec.structs.replace(
            nothing,
            rounds=len(mine),
            samples_per_second=step.inverted().scaled(self._cell.batch_size),
            step_seconds=step,
            times_reference=ratio,
            times_epoch=epoch.ratio if epoch else None,
            shares_blocks=ratio is None or steps is not None,
            adjusted=paired.adjusted if paired and judged else None,
            verdict=self._compared.verdict(name, against, paired) if paired and judged else apart,
            minimum_detectable_effect=self._compared.smallest_effect(
                name, paired, 1 if control_of else comparisons
            )
            if paired and judged
            else None,
            pair_sd=pair_sd(list(self._cell.rounds.ratios(name, against).values()))
            if steps
            else None,
            launch_sd=steps.spread.sd if steps and steps.spread else None,
            drift=drift(
                self._cell.rounds.to_block_mean(name, self._cell.in_turn), self._drift_tests
            ),
            epoch=self._compared.epoch_cost(name),
            failure=failure,
            differs=self._cell.differs.get(name, ""),
            despite=self._cell.despite.get(name, ""),
            log_error=paired.error if paired else None,
            of_native=_ratio(None if control_of else self._compared.of_native(name)),
            of_limit=_ratio(None if control_of else self._compared.of_limit(name)),
            steady_step_seconds=self._compared.time(STEADY, name)
            if self._cell.means(STEADY, name)
            else None,
            times_steady=None
            if name == self._cell.reference
            else self._compared.explaining_ratio(STEADY_RATIO, name, self._cell.reference),
            times_products=None
            if control_of or apart == "baseline"
            else self._compared.times_products(view, self._cell.reference),
        )

    def _control_sds(self) -> dict[str, float]:
        """Return the spread of each machine control's seconds over the blocks that count."""
        found = {
            name: _spread(
                (run, log(seconds))
                for (run, *_), row in self._cell.rounds.watched.items()
                if not row.repeated and (seconds := getattr(row, field))
            )
            for name, field in _MACHINE_CONTROLS.items()
        }
        return {name: sd for name, sd in found.items() if sd is not None}


def _ratio(compared: Comparison | None) -> Estimate | None:
    return compared.ratio if compared else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _spread(values: Iterable[tuple[int, float]]) -> float | None:
    """Return the standard deviation within groups, pooled over all (group, value) pairs.

    Return None if no group has two values.
    """
    groups: dict[int, list[float]] = {}
    for group, value in values:
        groups.setdefault(group, []).append(value)
    known = [found for each in groups.values() if (found := spread(each))]
    freedom = sum(each.freedom for each in known)
    squares = sum(each.freedom * each.sd**2 for each in known)
    return sqrt(squares / freedom) if freedom else None
