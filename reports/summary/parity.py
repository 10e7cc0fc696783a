"""Summarise the parity pass: in which cells a contender's model is the same as the oracle."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.summary.shared import ContenderView, asked, workload_info

# The last check of each group of checks. If it is missing, the group was cut short.
_FORWARD, _SHORT, _LONG = "forward", "short training", "long training"
_UNCOMPARED = "it wasn't compared with the oracle"


class ParityRow(msgspec.Struct, frozen=True):
    """The checks of one contender and one model against the oracle.

    ``precision`` is the precision in which the contender computed; the tolerances depend on it.
    ``differs`` says what differs, or why that isn't known; it is empty if the model is the same.
    ``same_in`` names the workloads and batch sizes in which the contender may be ranked, if it may
    be ranked in some but not all. ``unsupported`` is the reason if its backend or model can't run a
    workload. ``ranked_anyway`` is whether the run ranks contenders whatever parity says.
    """

    model: str
    contender: str
    precision: str = ""
    checks: list[record.Parity] = []
    differs: str = ""
    failure: str = ""
    same_in: list[str] = []
    unsupported: str = ""
    ranked_anyway: bool = False


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[ParityRow]:
    """Return a row for every model and contender that was planned to be compared.

    If several runs compared the same model and contender, their row has the largest differences.
    """
    cells = [_cells(source.header) for source in sources]
    found: dict[tuple[str, str], ParityRow] = {}
    for model, view in asked(sources, views, "parity"):
        if not view.info.has_model:
            continue
        row = _row(view, model, cells[view.run].get(model, []))
        key = (model, view.name)
        found[key] = _worse(found[key], row) if key in found else row
    return list(found.values())


def _row(view: ContenderView, model: str, cells: Sequence[record.Cell]) -> ParityRow:
    parity = ModelParity(view, model)
    header = view.source.header
    described = header.workloads
    infos = {each.name: each for each in header.models}
    unable: dict[str, str] = {}
    # By workload and batch size: why the model isn't shown to be the same; empty if it is.
    reasons: dict[str, dict[int, str]] = {}
    for cell in cells:
        reason = view.info.why_not(cell.workload)
        if not reason and model in infos:
            reason = infos[model].why_not(view.info, cell.workload)
        if reason:
            # What can't be run at all isn't a difference. It has no ranking either.
            unable[cell.workload] = reason
            continue
        standing = parity.judged(workload_info(described, cell.workload), cell.batch_size)
        reasons.setdefault(cell.workload, {})[cell.batch_size] = standing.differs
    told = [reason for sizes in reasons.values() for reason in sizes.values()]
    differs = next(filter(None, [*told, parity.differs]), "")
    partly = bool(differs or unable) and not all(told)
    return ParityRow(
        model,
        view.name,
        parity.precision,
        parity.checks,
        differs,
        view.failure("parity", model),
        list(_same_in(reasons)) if partly else [],
        next(iter(unable.values()), ""),
        view.source.header.plan.rank_anyway,
    )


def _cells(header: record.Header) -> dict[str, list[record.Cell]]:
    """Return for each model the cells of the speed pass, in which contenders can be ranked."""
    found: dict[str, list[record.Cell]] = {}
    for cell in header.cells:
        found.setdefault(cell.model, []).append(cell)
    if found:
        return found
    # Without a speed pass there are no cells: the plan's sizes say where parity was checked.
    return {
        model.name: [
            record.Cell(model.name, sizes.workload, batch_size)
            for sizes in header.plan.sizes
            for batch_size in sizes.batch_sizes
        ]
        for model in header.models
    }


def _same_in(reasons: dict[str, dict[int, str]]) -> Iterator[str]:
    for workload, sizes in reasons.items():
        same = [str(size) for size, reason in sizes.items() if not reason]
        if len(same) == len(sizes):
            yield workload
        elif same:
            yield f"{workload} at batch {' and '.join(same)}"


def _worse(one: ParityRow, other: ParityRow) -> ParityRow:
    by_check: dict[tuple[str, int | None], record.Parity] = {}
    for each in [*one.checks, *other.checks]:
        key = (each.check, each.batch_size)
        known = by_check.get(key)
        if known is None or each.difference > known.difference:
            by_check[key] = each
    return msgspec.structs.replace(
        one,
        checks=list(by_check.values()),
        differs=one.differs or other.differs,
        failure=one.failure or other.failure,
        same_in=one.same_in or other.same_in,
        unsupported=one.unsupported or other.unsupported,
    )


class Standing(NamedTuple):
    """Whether a contender may be ranked in a cell, by its precision and its parity.

    ``word`` is ``differs`` or ``unchecked`` if the contender may not be ranked. The field
    ``differs`` is then the reason as a sentence. Both are empty if its model
    was shown to be the same, or if the run has no parity pass. ``despite`` is that reason where the
    run ranks contenders all the same.
    """

    precision: str
    differs: str
    word: str
    despite: str = ""


class ModelParity:
    """Whether a contender's model was shown to be the same, for each cell of one model.

    If not, it says why.

    Parameters
    ----------
    view : ContenderView
        The contender.
    model : str
        The name of the model.
    """

    def __init__(self, view: ContenderView, model: str) -> None:
        self.checks = view.of(record.Parity, model)
        told = [each.settings.get("precision", "") for each in view.of(record.WorkerInfo, model)]
        self.precision: str = next(filter(None, told), "")
        self._failure = view.failure("parity", model)
        # Without a parity pass, contenders count as the same model.
        self._believed = "parity" not in view.source.header.plan.passes
        self._by_size: dict[int, list[record.Parity]] = {}
        self._of_all_sizes: list[record.Parity] = []
        # A model without a closed form has no long training. A note says what else is left out.
        self._needs_long = not any(check.oracle for check in self.checks)
        self._note: str = next((check.note for check in self.checks if check.note), "")
        self._anyway = view.source.header.plan.rank_anyway
        # Older records compared at one batch size for all, and don't name it.
        self._sized = any(check.batch_size is not None for check in self.checks)
        # Why the model isn't shown to be the same in any cell; empty if it may be in some.
        self._nowhere = ""
        if not self._sized:
            self._nowhere = self._failure or ("" if self.checks else _UNCOMPARED)
        for check in self.checks:
            if check.of_all_sizes or check.batch_size is None:
                self._of_all_sizes.append(check)
            else:
                self._by_size.setdefault(check.batch_size, []).append(check)
        self._once = {
            trains: _standing(self.precision, self._concerning(self._of_all_sizes, trains))
            for trains in (False, True)
        }

    @property
    def differs(self) -> str:
        """Why the model isn't shown to be the same, in any cell; empty if no check failed."""
        if self._believed:
            return ""
        return self._nowhere or _standing(self.precision, self.checks).differs

    def standing(self, workload: record.WorkloadInfo, batch_size: int) -> Standing:
        """Return whether the contender is ranked in a cell; see :meth:`judged`.

        A run may have been asked to rank all contenders.
        """
        found = self.judged(workload, batch_size)
        if self._anyway and found.differs:
            return Standing(found.precision, "", "", found.differs)
        return found

    def judged(self, workload: record.WorkloadInfo, batch_size: int) -> Standing:
        """Return whether the contender may be ranked in a cell, by the checks for that cell.

        Parameters
        ----------
        workload : WorkloadInfo
            The cell's workload. Checks of training count only for workloads that train.
        batch_size : int
            The cell's batch size. Checks at this size count, and checks for all sizes.
        """
        trains = workload.trains
        if self._believed:
            return Standing(self.precision, "", "")
        if self._nowhere:
            wrong = any(not check.same for check in self.checks)
            return Standing(self.precision, self._nowhere, "differs" if wrong else "unchecked")
        here = self._concerning(self._by_size.get(batch_size, []), trains)
        found = _standing(self.precision, here)
        if found.differs:
            return found
        once = self._once[trains]
        if once.differs or not self._sized:
            return once
        names = {check.check for check in here}
        needed = {_FORWARD, _SHORT} if trains else {_FORWARD}
        whole = needed <= names and (
            not (trains and self._needs_long)
            or any(check.check == _LONG for check in self._of_all_sizes)
        )
        if whole:
            return Standing(self.precision, "", "")
        reason = self._failure or self._note or f"{_UNCOMPARED} at batch {batch_size}"
        return Standing(self.precision, reason, "unchecked")

    @staticmethod
    def _concerning(checks: Sequence[record.Parity], trains: bool) -> list[record.Parity]:
        return [check for check in checks if trains or not check.of_training]


def _standing(precision: str, checks: Sequence[record.Parity]) -> Standing:
    """Return the standing by some checks; its reason is the check farthest beyond its tolerance."""
    wrong = [check for check in checks if not check.same]
    if not wrong:
        return Standing(precision, "", "")
    worst = max(wrong, key=lambda each: each.difference / each.tolerance if each.tolerance else 1e9)
    where = f" at {worst.where}" if worst.where else ""
    size = "" if worst.of_all_sizes else f" at batch {worst.batch_size}"
    told = (
        f"{worst.check}{size} differs by {worst.difference:.2g}{where}, "
        f"{worst.tolerance:.2g} is allowed"
    )
    return Standing(precision, told, "differs")
