"""The parity pass for models without a closed form: contenders beside the model in float64.

Every contender computes its own results. One contender of each backend, a witness, computes them
in float64 as well, and in float32 from disturbed weights, both on the processor. Then
:mod:`aebench.bench.campaign.parity_judge` tells which run in float64 is the oracle, and who differs
from it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.parity_judge import GeneralCheck, Judge
from aebench.bench.campaign.parity_kept import KeptChecks
from aebench.bench.campaign.parity_parts import RunResults, rounding, with_own_rounding
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.plan.parity_sizes import parity_sizes
from aebench.bench.plan.witnesses import comparable, witnesses
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.parity import ComputeResults, ParityJob, ResultsComputed
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
class _Part:
    """The files that a worker wrote of one kind of results, and their rounding."""

    name: str
    files: dict[Group, Path] = field(default_factory=dict)
    rounding: float = 0.0

    def read(self, group: Group) -> RunResults:
        """Read the arrays of a group."""
        with np.load(self.files[group]) as file:
            return RunResults({name: file[name] for name in file.files}, self.rounding)


@dataclass
class _Computed:
    """What a contender's workers computed, and how they ended.

    ``own`` are its own results, the other two those of a witness.
    """

    own: _Part = field(default_factory=lambda: _Part("own"))
    disturbed: _Part = field(default_factory=lambda: _Part("disturbed"))
    float64: _Part = field(default_factory=lambda: _Part("float64"))
    runtime: RuntimeInfo | None = None
    note: str = ""
    error: MeasurementError | None = None
    error64: str = ""


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
        """Have a contender's workers compute its results; yield while they compute.

        A failure in float64 is none of the contender's: it only is no witness.
        """
        context, found = self._context, self._computed[contender.name]
        job = context.job(ParityJob, contender, context.plan.model(self._model))
        witness = contender.name in self._witnesses
        try:
            worker = context.start(contender, job)
        except MeasurementError as error:
            found.error = error
            return
        try:
            yield from self._ask(contender, worker, found.own, DRAWS if witness else 0)
        except MeasurementError as error:
            found.error = error
        witness = witness and not found.error
        elsewhere = witness and _computes_elsewhere(contender, found.runtime)
        if witness and not elsewhere:
            found.disturbed = found.own
            yield from self._testify(contender, worker, [found.float64])
        # After an interruption nothing is stopped here: the fleet stops all that are left.
        context.fleet.stop(worker)
        if elsewhere:
            settings = {name: value for name, value in job.settings.items() if name != "precision"}
            try:
                worker = context.start(contender, replace(job, settings=settings), True)
            except MeasurementError as error:
                found.error64 = str(error)
                return
            yield from self._testify(contender, worker, [found.disturbed, found.float64])
            context.fleet.stop(worker)

    def _testify(
        self, contender: ContenderInfo, worker: Worker, parts: Sequence[_Part]
    ) -> Iterator[None]:
        """Ask a witness's worker for parts that others are judged by."""
        found = self._computed[contender.name]
        try:
            for part in parts:
                yield from self._ask(contender, worker, part, 0 if part is found.float64 else DRAWS)
        except MeasurementError as error:
            found.error64 = str(error)

    def _ask(
        self, contender: ContenderInfo, worker: Worker, part: _Part, draws: int
    ) -> Iterator[None]:
        """Ask a worker for the results of all groups."""
        found = self._computed[contender.name]
        witness, float64 = contender.name in self._witnesses, part is found.float64
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
            path = self._folder / f"{number}-{checks}-{batch_size}-{part.name}.npz"
            worker.tell(ComputeResults(batch_size, checks, str(path), float64, draws))
            yield
            answer = worker.answer(ResultsComputed)
            part.files[group] = path
            part.rounding = rounding(answer.runtime.settings.get("precision", ""))
            if part is found.own:
                found.runtime = found.runtime or answer.runtime
                found.note = answer.note or found.note

    def _compare(self, group: Group) -> None:
        """Record the checks of all contenders at one batch size."""
        known = {name: self._computed[name] for name in self._witnesses}
        runs: dict[str, RunResults] = {}
        disturbed: list[RunResults] = []
        for name, each in known.items():
            if group in each.float64.files:
                runs[self._contenders[name].backend] = each.float64.read(group)
            if group in each.disturbed.files:
                changed = each.disturbed.read(group)
                own = runs.get(self._contenders[name].backend, RunResults({}))
                disturbed.append(with_own_rounding(changed, own))
        judge = Judge(runs, disturbed) if runs else None
        reasons = "; ".join(f"{name}: {each.error64 or each.error}" for name, each in known.items())
        for task in self._tasks:
            found = self._computed[task.contender]
            if group not in self._groups[task.contender] or group not in found.own.files:
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
        mine = found.own.read(group)
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


def _computes_elsewhere(contender: ContenderInfo, runtime: RuntimeInfo | None) -> bool:
    """Return whether a witness needs a worker of its own on the processor, in float32.

    An accelerator's libraries needn't keep float64: cuDNN's LSTM, which Keras uses on JAX, was off
    by 25 times the largest output. In less than float32 a disturbance of the weights is rounded
    away.
    """
    platform = runtime.settings.get("platform", "cpu") if runtime else "cpu"
    return platform != "cpu" or contender.settings.get("precision", "float32") != "float32"
