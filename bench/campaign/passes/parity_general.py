"""The parity pass for models without a closed form: contenders beside the model in float64.

Every contender computes its own results. One contender of each backend, a witness, computes them
in float64 as well, and from disturbed weights. :mod:`aebench.bench.campaign.parity_judge` then
tells which run in float64 is the oracle, and who differs from it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import Worker
from aebench.bench.campaign.parity_judge import GeneralCheck, Judge
from aebench.bench.campaign.parity_kept import KeptChecks
from aebench.bench.campaign.parity_parts import Results, RunResults, rounding
from aebench.bench.errors import MeasurementError
from aebench.bench.plan.parity_sizes import parity_sizes
from aebench.bench.plan.witnesses import comparable, witnesses
from aebench.bench.protocol.messages import (
    ComputeResults,
    ParityJob,
    ResultsComputed,
    RuntimeInfo,
)
from aebench.bench.protocol.parity_checks import INFERENCE, STEPS
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task

# How often a witness computes its results from disturbed weights. With three, the largest change
# is below a third of the usual one once in a thousand times: see parity_parts.FACTOR.
DRAWS = 3
_END = object()
# A group of checks, and the batch size.
Group = tuple[str, int]


def run(context: Context, tasks: Sequence[Task], kept: KeptChecks) -> None:
    """Compare contenders model by model. A model's workers compute side by side.

    Parameters
    ----------
    context : Context
        The context of the pass.
    tasks : sequence of Task
        The tasks of models without a closed form that no earlier run did.
    kept : KeptChecks
        Keeps the checks for later runs.
    """
    for name in dict.fromkeys(task.model for task in tasks):
        mine = [task for task in tasks if task.model == name]
        # Weights and outputs may be large: they are removed before the next model's are written.
        with tempfile.TemporaryDirectory(dir=context.scratch) as folder:
            _ModelComparison(context, name, mine, Path(folder)).run(kept)


@dataclass
class _Computed:
    """The files that a contender's worker wrote, in float32 and in float64, and how it ended."""

    files: dict[Group, Path] = field(default_factory=dict)
    files64: dict[Group, Path] = field(default_factory=dict)
    runtime: RuntimeInfo | None = None
    rounding64: float = 0.0
    note: str = ""
    error: MeasurementError | None = None
    error64: str = ""

    @property
    def rounding(self) -> float:
        """Return the rounding of the precision that isn't float64."""
        return _rounding(self.runtime)


class _ModelComparison:
    """The comparison of one model's contenders."""

    def __init__(self, context: Context, model: str, tasks: Sequence[Task], folder: Path) -> None:
        self._context = context
        self._model = model
        self._tasks = tasks
        self._folder = folder
        self._contenders = {each.name: each for each in comparable(context.plan, model)}
        self._witnesses = [each.name for each in witnesses(context.plan, model)]
        self._groups = {name: self._own_groups(each) for name, each in self._contenders.items()}
        asked = [group for task in tasks for group in self._groups[task.contender]]
        # A witness is needed at every batch size at which anybody is compared.
        self._asked = sorted(set(asked), key=lambda group: (group[0] != INFERENCE, group[1]))
        self._computed: dict[str, _Computed] = {}

    def _own_groups(self, contender: ContenderInfo) -> list[Group]:
        """List a contender's groups of checks: first those that need no training."""
        sizes = parity_sizes(self._context.plan, contender, self._model)
        inference: list[Group] = [(INFERENCE, size) for size in sizes.inference]
        return inference + [(STEPS, size) for size in sizes.training]

    def run(self, kept: KeptChecks) -> None:
        """Have all workers compute, compare their results, and end the tasks."""
        needed = dict.fromkeys([*self._witnesses, *(task.contender for task in self._tasks)])
        self._computed = {name: _Computed() for name in needed}
        computing = [self._compute(self._contenders[name]) for name in needed]
        # Every worker goes on to its next command in turn: all compute at the same time.
        while computing:
            computing = [each for each in computing if next(each, _END) is not _END]
        for task in self._tasks:
            found = self._computed[task.contender]
            if found.runtime:
                self._context.note_worker(found.runtime, "parity", task.contender, self._model, 0)
        for group in self._asked:
            self._compare(group)
        for task in self._tasks:
            error = self._computed[task.contender].error
            if error:
                self._context.note_failure(error, "parity", task.contender, self._model, 0)
            else:
                kept.keep(task)
            self._context.end(task)

    def _compute(self, contender: ContenderInfo) -> Iterator[None]:
        """Have a contender's worker compute its results; yield while it computes.

        A failure in float64 is none of the contender's: it only is no witness.
        """
        context, found = self._context, self._computed[contender.name]
        job = context.job(ParityJob, contender, context.plan.model(self._model))
        try:
            worker = context.start(contender, job)
        except MeasurementError as error:
            found.error = error
            return
        try:
            yield from self._ask(contender, worker, False)
        except MeasurementError as error:
            found.error = error
        if contender.name in self._witnesses and not found.error:
            try:
                yield from self._ask(contender, worker, True)
            except MeasurementError as error:
                found.error64 = str(error)
        # After an interruption nothing is stopped here: the fleet stops all that are left.
        context.fleet.stop(worker)

    def _ask(self, contender: ContenderInfo, worker: Worker, float64: bool) -> Iterator[None]:
        """Ask a worker for the results of all groups in one precision."""
        found = self._computed[contender.name]
        witness = contender.name in self._witnesses
        own = self._groups[contender.name]
        trains = any(checks == STEPS for checks, _ in own)
        groups = [group for group in self._asked if group[0] == INFERENCE or trains]
        number = list(self._computed).index(contender.name)
        for group in groups if witness else own:
            checks, batch_size = group
            self._context.display.doing(
                f"{self._model}, batch {batch_size}: {contender.name}"
                + (" in float64" if float64 else "")
            )
            path = self._folder / f"{number}-{checks}-{batch_size}-{32 + 32 * float64}.npz"
            draws = DRAWS if witness and not float64 else 0
            worker.tell(ComputeResults(batch_size, checks, str(path), float64, draws))
            yield
            answer = worker.answer(ResultsComputed)
            if float64:
                found.files64[group] = path
                found.rounding64 = _rounding(answer.runtime)
            else:
                found.files[group] = path
                found.runtime = found.runtime or answer.runtime
                found.note = answer.note or found.note

    def _compare(self, group: Group) -> None:
        """Record the checks of all contenders at one batch size."""
        known = {name: self._computed[name] for name in self._witnesses}
        runs = {
            self._contenders[name].backend: RunResults(_read(each.files64[group]), each.rounding64)
            for name, each in known.items()
            if group in each.files64
        }
        disturbed = [
            RunResults(_read(each.files[group], "change of "), each.rounding)
            for each in known.values()
            if group in each.files
        ]
        judge = Judge(runs, disturbed) if runs else None
        reasons = "; ".join(f"{name}: {each.error64 or each.error}" for name, each in known.items())
        for task in self._tasks:
            found = self._computed[task.contender]
            if group not in self._groups[task.contender] or group not in found.files:
                continue
            if judge is None:
                found.error = found.error or MeasurementError(
                    f"there is no run in float64 to compare with ({reasons})"
                )
                continue
            self._judge(judge, task, group)

    def _judge(self, judge: Judge, task: Task, group: Group) -> None:
        checks, batch_size = group
        found = self._computed[task.contender]
        mine = RunResults(_read(found.files[group]), found.rounding)
        if checks == INFERENCE:
            self._append(judge.shapes(mine.results), task, batch_size, found.note)
        for check in judge.checks(mine):
            self._append(check, task, batch_size)
        missing = [each for each in judge.missing(mine.results) if _is_of(each, checks)]
        if missing:
            found.error = found.error or MeasurementError(
                f"computed no {missing[0]}, which other backends did: {found.note or 'no reason'}"
            )

    def _append(self, check: GeneralCheck, task: Task, batch_size: int, note: str = "") -> None:
        self._context.append(
            record.Parity,
            check,
            contender=task.contender,
            model=self._model,
            batch_size=batch_size,
            note=note,
        )


def _is_of(check: str, checks: str) -> bool:
    """Return whether a check is of a group of checks."""
    return (check in ("forward", "loss")) == (checks == INFERENCE)


def _rounding(runtime: RuntimeInfo | None) -> float:
    return rounding(runtime.settings.get("precision", "") if runtime else "")


def _read(path: Path, beginning: str = "") -> Results:
    """Read the arrays of a file whose names begin in a certain way."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files if name.startswith(beginning)}
