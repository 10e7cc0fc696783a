"""What the parity pass showed: where a contender is the same model as the reference."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.summary.shared import ContenderView, asked, workload_info

# The last checks of each group: a group that was cut short lacks them.
_FORWARD, _SHORT, _LONG = "forward", "short training", "long training"
_UNCOMPARED = "it wasn't compared with the reference"


class ParityRow(msgspec.Struct, frozen=True):
    """One contender in one model: how far it is from the reference, check by check.

    ``precision`` is the one in force, which the tolerances are for. ``differs`` says in what it
    isn't the same model, or why that isn't known; it is empty where it is the same. ``same_in``
    names the workloads, and batch sizes, in which it may be ranked, where these aren't all.
    ``unsupported`` says why it isn't compared in the others, if its backend can't run them.
    """

    model: str
    contender: str
    precision: str = ""
    checks: list[record.Parity] = []
    differs: str = ""
    failure: str = ""
    same_in: list[str] = []
    unsupported: str = ""


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[ParityRow]:
    """Summarise every model × contender that was to be compared.

    One that several runs compared, as parts of one, is shown as far off as it ever was.
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
    described = view.source.header.workloads
    unable: dict[str, str] = {}
    # Why it isn't the same model, by workload and batch size; empty where it is.
    reasons: dict[str, dict[int, str]] = {}
    for cell in cells:
        reason = view.info.why_not(cell.workload)
        if reason:
            # What a backend can't run is no difference, and has no ranking.
            unable[cell.workload] = reason
            continue
        standing = parity.standing(workload_info(described, cell.workload), cell.batch_size)
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
    )


def _cells(header: record.Header) -> dict[str, list[record.Cell]]:
    """List the cells, by model, in which a record's contenders may be ranked."""
    found: dict[str, list[record.Cell]] = {}
    for cell in header.cells:
        found.setdefault(cell.model, []).append(cell)
    if found:
        return found
    # Where speed isn't measured, the sizes say for which cells parity was checked.
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
    """What decides whether a contender may be ranked in a cell.

    ``word`` says why not: it ``differs``, or is ``unchecked``; ``differs`` says it in a sentence.
    Both are empty where it is the same model.
    """

    precision: str
    differs: str
    word: str


class ModelParity:
    """How a contender stands in the cells of a model.

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
        # A record that was made before contenders were compared is believed.
        self._believed = "parity" not in view.source.header.plan.passes
        self._by_size: dict[int, list[record.Parity]] = {}
        self._of_all_sizes: list[record.Parity] = []
        # Older records compared at a single size, and don't name it.
        self._sized = any(check.batch_size is not None for check in self.checks)
        # Why it isn't shown to be the same model in any cell.
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
        """Say in what it isn't shown to be the same model, wherever that is; empty if it is."""
        if self._believed:
            return ""
        return self._nowhere or _standing(self.precision, self.checks).differs

    def standing(self, workload: record.WorkloadInfo, batch_size: int) -> Standing:
        """Return how the contender stands in a cell: by the checks that concern it.

        Parameters
        ----------
        workload : WorkloadInfo
            Only one that trains needs the checks of training.
        batch_size : int
            Only checks at this size count, and those that stand for all sizes.
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
            not trains or any(check.check == _LONG for check in self._of_all_sizes)
        )
        if whole:
            return Standing(self.precision, "", "")
        reason = self._failure or f"{_UNCOMPARED} at batch {batch_size}"
        return Standing(self.precision, reason, "unchecked")

    @staticmethod
    def _concerning(checks: Sequence[record.Parity], trains: bool) -> list[record.Parity]:
        return [check for check in checks if trains or not check.of_training]


def _standing(precision: str, checks: Sequence[record.Parity]) -> Standing:
    """Name the check that is farthest beyond its tolerance, if any is."""
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
