"""Combine the cells of several runs of one question on one machine."""

from collections.abc import Iterable, Sequence
from math import expm1, sqrt
from statistics import fmean, median

import msgspec

from aebench.reports import comparison
from aebench.reports.comparison import minimum_detectable_effect, noise_floor, verdict
from aebench.reports.random_effects import RunsComparison, over_runs
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_answer import Ranking
from aebench.reports.summary.cell_comparisons import CellComparisons
from aebench.reports.summary.cell_measurements import EPOCH_RATIO, RATIO
from aebench.reports.summary.epochs import EpochCost
from aebench.reports.summary.speed_rows import CellLimit, OverRuns, SpeedCell, SpeedRow


class MergedCell:
    """A cell in several runs: ratios are combined, throughputs and seconds are not.

    Parameters
    ----------
    found : sequence of (CellComparisons, SpeedCell)
        The cell's comparisons and summary in each run; all have the same reference.
    names : sequence of str
        The names of the runs.
    """

    def __init__(
        self, found: Sequence[tuple[CellComparisons, SpeedCell]], names: Sequence[str]
    ) -> None:
        self._compared = [compared for compared, _ in found]
        self._cells = [cell for _, cell in found]
        self._names = list(names)
        first = self._cells[0]
        self._where = self._compared[0].cell.where
        self._reference = first.reference
        by_epoch = all(cell.judged_by == "epoch" for cell in self._cells)
        self._judged_by = "epoch" if by_epoch else first.timing
        self._different = max(cell.different for cell in self._cells)
        self._same = min(cell.same for cell in self._cells)
        # Who isn't shown to be the same model in one run is in no ranking.
        ranked = dict.fromkeys(name for each in self._compared for name in each.cell.peers)
        self._peers = [
            name
            for name in ranked
            if all(name in each.cell.peers for each in self._compared if name in each.cell.blocks)
        ]
        self._excess = 0.0

    def summarise(self) -> tuple[SpeedCell, Ranking]:
        """Return the summary of the cell over its runs, with a verdict for ranked contenders."""
        comparisons = max(0, len(self._peers) - 1) if self._reference in self._peers else 0
        controls = [
            compared.ratio
            for row in self._first_rows()
            if row.control_of and not row.known_effect
            if (compared := self._compare_control(row))
        ]
        self._excess = max(map(comparison.excess, controls), default=0.0)
        rows = [self._row(row, comparisons) for row in self._first_rows()]
        floors = [floor for each in controls if (floor := noise_floor(each)) is not None]
        cells = self._cells
        # Made anew: a figure that isn't combined here is of no run.
        cell = SpeedCell(
            *cells[0].key,
            self._reference,
            rows=rows,
            runs=self._names,
            timing=cells[0].timing,
            has_epochs=cells[0].has_epochs,
            steps_per_round=sorted({steps for cell in cells for steps in cell.steps_per_round}),
            launches=sum(cell.launches for cell in cells),
            blocks=sum(cell.blocks for cell in cells),
            answer="",
            judged_by=self._judged_by,
            comparisons=comparisons,
            different=self._different,
            same=self._same,
            control_excess=expm1(self._excess),
            noise_floor=max(floors, default=None),
            repeated=sum(cell.repeated for cell in cells),
            disturbed=sum(cell.disturbed for cell in cells),
            background_share=_mean(cell.background_share for cell in cells),
            steal_share=_mean(cell.steal_share for cell in cells),
            most_steal_share=max(_known(cell.most_steal_share for cell in cells), default=None),
            controls=[launch for cell in cells for launch in cell.controls],
            control_sds=self._control_sds(),
            calm_blocks=self._calm_blocks(),
            depends_on_state=next((c.depends_on_state for c in cells if c.depends_on_state), ""),
            library_samples_per_second=self._libraries(),
            limit=_limit([cell.limit for cell in cells if cell.limit]),
        )
        if cell.mostly_disturbed:
            judged = {"faster", "slower", "same", "inconclusive", "unfinished"}
            rows = [
                msgspec.structs.replace(row, verdict="disturbed") if row.verdict in judged else row
                for row in rows
            ]
            cell = msgspec.structs.replace(cell, rows=rows)
        why_not = self._why_no_verdicts(cell)
        fastest, answer, ranking = ("", why_not, Ranking()) if why_not else self._answer()
        in_each = "" if why_not else self._fastest_in_each()
        if in_each and not fastest:
            answer = f"{answer[:-1]}; in each of the {len(cells)} runs alone {in_each} is fastest."
        return msgspec.structs.replace(
            cell, answer=answer, fastest=fastest, fastest_in_each=in_each
        ), ranking

    def _first_rows(self) -> list[SpeedRow]:
        """Return a row for each contender: of the first run that measured it."""
        found: dict[str, SpeedRow] = {}
        for cell in self._cells:
            for row in cell.rows:
                if row.contender not in found or not found[row.contender].rounds:
                    found[row.contender] = row
        return list(found.values())

    def _rows_of(self, name: str) -> list[SpeedRow]:
        rows = (row for cell in self._cells for row in cell.rows if row.contender == name)
        return [row for row in rows if row.samples_per_second]

    def _compare(
        self, what: str, name: str, against: str, comparisons: int = 1, excess: float = 0.0
    ) -> RunsComparison | None:
        """Combine two contenders' ratio over the runs that have it; None if there are none."""
        found = [
            compared
            for each in self._compared
            if (compared := each.alone(what, name, against)) is not None
        ]
        return over_runs(found, max(1, comparisons), excess=excess) if found else None

    def _compare_control(self, row: SpeedRow) -> RunsComparison | None:
        """Combine the ratios of an A/A control, or of those that take turns, to their originals."""
        if not row.originals:
            return self._compare(RATIO, row.contender, row.control_of)
        found = [
            compared
            for each in self._compared
            if (compared := each.control_alone(row.contender)) is not None
        ]
        return over_runs(found) if found else None

    def _control_row(self, first: SpeedRow) -> SpeedRow:
        """Return the row of A/A controls that take turns: they have no throughput in common."""
        rows = [
            row for cell in self._cells for row in cell.rows if row.contender == first.contender
        ]
        ratio = self._compare_control(first)
        if ratio is None:
            return first
        word = verdict(ratio.adjusted, self._different, self._same)
        unfinished = any(row.verdict == "unfinished" for row in rows)
        return msgspec.structs.replace(
            first,
            originals=list(dict.fromkeys(name for row in rows for name in row.originals)),
            rounds=sum(row.rounds for row in rows),
            times_reference=ratio.ratio,
            adjusted=ratio.adjusted,
            verdict="unfinished" if unfinished else word,
            minimum_detectable_effect=self._smallest_effect(ratio, 1),
            pair_sd=_root_mean_square(row.pair_sd for row in rows),
            launch_sd=_root_mean_square(row.launch_sd for row in rows),
            over_runs=_parts(ratio),
        )

    def _row(self, first: SpeedRow, comparisons: int) -> SpeedRow:
        if first.originals:
            return self._control_row(first)
        name, control_of = first.contender, first.control_of
        rows = self._rows_of(name)
        if not rows:
            return first
        against = control_of or self._reference
        number = 1 if control_of else comparisons
        excess = 0.0 if control_of else self._excess
        steps = epoch = None
        if name != against:
            steps = self._compare(RATIO, name, against, number, excess)
            epoch = self._compare(EPOCH_RATIO, name, against, number, excess)
        ratio = epoch if epoch and self._judged_by == "epoch" else steps
        judged = bool(control_of) or (name in self._peers and comparisons > 0)
        # Who has no verdict has the word for the reason, in a run at least.
        word = next((row.verdict for row in rows if row.verdict and not row.adjusted), "")
        if ratio and judged:
            word = verdict(ratio.adjusted, self._different, self._same)
            if any(row.verdict == "unfinished" for row in rows):
                word = "unfinished"
        steps_alone = [row.step_seconds.value for row in rows if row.step_seconds]
        return SpeedRow(
            name,
            control_of,
            first.known_effect,
            failure=next((row.failure for row in rows if row.failure), ""),
            rounds=sum(row.rounds for row in rows),
            samples_per_second=_range(row.samples_per_second for row in rows),
            step_seconds=Estimate.spanning(steps_alone),
            times_reference=steps.ratio if steps else None,
            times_epoch=epoch.ratio if epoch else None,
            adjusted=ratio.adjusted if ratio and judged else None,
            verdict=word,
            minimum_detectable_effect=self._smallest_effect(ratio, number) if judged else None,
            pair_sd=_root_mean_square(row.pair_sd for row in rows),
            launch_sd=_root_mean_square(row.launch_sd for row in rows),
            epoch=_epoch([row.epoch for row in rows if row.epoch]),
            differs=next((row.differs for row in rows if row.differs), ""),
            despite=next((row.despite for row in rows if row.despite), ""),
            of_native=self._share(name, control_of, "native"),
            of_limit=self._share(name, control_of, "limit"),
            steady_step_seconds=_span(row.steady_step_seconds for row in rows),
            over_runs=_parts(ratio),
            log_error=ratio.error if ratio else None,
        )

    def _smallest_effect(self, ratio: RunsComparison | None, comparisons: int) -> Estimate | None:
        if ratio is None or ratio.error is None:
            return None
        return minimum_detectable_effect(ratio.error, self._different, max(1, comparisons))

    def _share(self, name: str, control_of: str, of: str) -> Estimate | None:
        if control_of:
            return None
        measured = [each for each in self._compared if name in each.cell.blocks]
        shares = [
            each.of_native(name) if of == "native" else each.of_limit(name) for each in measured
        ]
        known = [share for share in shares if share]
        return over_runs(known).ratio if known else None

    def _calm_blocks(self) -> int | None:
        """Return the number of calm blocks; None if no run knows them."""
        known = [cell.calm_blocks for cell in self._cells if cell.calm_blocks is not None]
        return sum(known) if known else None

    def _control_sds(self) -> dict[str, float]:
        """Return the runs' root mean square of each machine control's spread."""
        found: dict[str, list[float]] = {}
        for cell in self._cells:
            for name, sd in cell.control_sds.items():
                found.setdefault(name, []).append(sd)
        return {name: sqrt(fmean(sd**2 for sd in sds)) for name, sds in found.items()}

    def _libraries(self) -> dict[str, float]:
        """Return the runs' median of each library's samples per second, fastest first."""
        found: dict[str, list[float]] = {}
        for cell in self._cells:
            for library, speed in cell.library_samples_per_second.items():
                found.setdefault(library, []).append(speed)
        medians = {library: median(speeds) for library, speeds in found.items()}
        return dict(sorted(medians.items(), key=lambda pair: -pair[1]))

    def _why_no_verdicts(self, cell: SpeedCell) -> str:
        nobody = f"No contender is called fastest for {self._where} ({cell.workload})"
        if cell.mostly_disturbed:
            return (
                f"{nobody}: the machine did other work in {cell.disturbed} of the {cell.blocks} "
                "blocks that count."
            )
        by_name = {row.contender: row for row in cell.rows}
        if self._reference in by_name and by_name[self._reference].differs:
            return f"{nobody}: {self._reference}, the reference, isn't shown to be the same model."
        if any(by_name[name].verdict == "unfinished" for name in self._peers):
            return f"{nobody}: blocks of a run are missing."
        return ""

    def _answer(self) -> tuple[str, str, Ranking]:
        """Return the fastest contender, a sentence on it, and the ranking behind it."""
        if len(self._peers) < 2:
            return "", "", Ranking()
        what = EPOCH_RATIO if self._judged_by == "epoch" else RATIO

        def to_reference(name: str) -> float:
            if name == self._reference:
                return 1.0
            compared = self._compare(what, name, self._reference)
            return compared.ratio.value if compared else float("inf")

        leader = min(self._peers, key=to_reference)
        others = sorted(set(self._peers) - {leader})
        found = {
            name: self._compare(what, name, leader, len(others), self._excess) for name in others
        }
        known = {name: compared for name, compared in found.items() if compared}
        runs = f"the mean over {len(self._cells)} runs"
        if len(known) < len(others):
            return (
                "",
                f"No contender is called fastest for {self._where}: {leader} leads, but shared no "
                f"blocks with {' and '.join(name for name in others if name not in known)}.",
                Ranking(),
            )
        pairs = len(self._peers) * len(others) // 2
        p_values = [compared.p_value(self._different) for compared in known.values()]
        ranking = Ranking(leader, p_values, pairs)
        slower = [
            name
            for name, compared in known.items()
            if verdict(compared.adjusted, self._different, self._same) == "slower"
        ]
        if len(slower) < len(others):
            equal = " and ".join(name for name in others if name not in slower)
            answer = (
                f"By {runs} no contender is shown to be fastest for {self._where}: {leader} leads, "
                f"{equal} can't be told apart from it."
            )
            return "", answer, ranking
        times = " and ".join(
            f"{name} takes {compared.ratio.value:.3g} times as long"
            for name, compared in known.items()
        )
        unit = "an epoch" if self._judged_by == "epoch" else f"a {self._judged_by}"
        first = self._compared[0].cell
        answer = (
            f"On {first.machine}, by {runs}, {leader} {first.verb} {self._where} fastest: for "
            f"{unit}, {times}."
        )
        return leader, answer, ranking

    def _fastest_in_each(self) -> str:
        """Return the contender that every run alone calls fastest, in all that it measured."""
        names = {cell.fastest if cell.stands else "" for cell in self._cells}
        return names.pop() if len(names) == 1 else ""


def _parts(ratio: RunsComparison | None) -> OverRuns | None:
    if ratio is None or len(ratio.values) < 2:
        return None
    between = None if ratio.between_sd is None else expm1(ratio.between_sd)
    return OverRuns(sorted(ratio.values), between)


def _range(estimates: Iterable[Estimate | None]) -> Estimate:
    return Estimate.spanning([each.value for each in estimates if each])


def _span(estimates: Iterable[Estimate | None]) -> Estimate | None:
    known = [each for each in estimates if each]
    return _range(known) if known else None


def _limit(limits: Sequence[CellLimit]) -> CellLimit | None:
    """Return the range of the runs' limits; None unless the same binds in all of them."""
    if len({each.bound for each in limits}) != 1:
        return None
    return msgspec.structs.replace(
        limits[0],
        products_samples_per_second=_range(e.products_samples_per_second for e in limits),
        memory_samples_per_second=_span(e.memory_samples_per_second for e in limits),
        operations_per_second=_median(e.operations_per_second for e in limits),
        bytes_per_second=_median(e.bytes_per_second for e in limits),
    )


def _epoch(costs: Sequence[EpochCost]) -> EpochCost | None:
    """Return the runs' median of an epoch's parts, and the range of its seconds."""
    if not costs:
        return None
    parts = (
        "fixed_seconds",
        "base_seconds",
        "waiting_share",
        "wait_seconds",
        "call_seconds",
        "samples_per_second",
        "full_training_seconds",
    )
    medians = {part: median(getattr(each, part) for each in costs) for part in parts}
    return msgspec.structs.replace(costs[0], seconds=_range(e.seconds for e in costs), **medians)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _median(values: Iterable[float | None]) -> float | None:
    known = _known(values)
    return median(known) if known else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = _known(values)
    return fmean(known) if known else None


def _root_mean_square(values: Iterable[float | None]) -> float | None:
    known = _known(values)
    return sqrt(fmean(value**2 for value in known)) if known else None
