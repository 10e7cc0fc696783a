"""The quality pass: train in full, over all epochs.

All contenders start from the same weights, and get the data in the same order.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.quality import (
    BeginTraining,
    EpochTrained,
    QualityJob,
    Reconstructed,
)
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task

# So many workers start side by side, since nothing is timed then. Those that wait hold memory, as
# the workers of the speed pass do.
SIDE_BY_SIDE = 4


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Run the trainings in the order given; one worker trains all seeds of its model."""
    contenders = {contender.name: contender for contender in context.plan.on_keras}
    trainings = [
        _Training(context, contenders[name], list(group))
        for (_, name), group in groupby(tasks, lambda task: (task.model, task.contender))
    ]
    for first in range(0, len(trainings), SIDE_BY_SIDE):
        some = trainings[first : first + SIDE_BY_SIDE]
        for training in some:
            training.start()
        for training in some:
            training.wait()
        for training in some:
            training.run()


class _Training:
    """A contender's training of a model from several seeds.

    A failure is recorded for the seed that failed. The seeds after it are not trained.
    """

    def __init__(self, context: Context, contender: ContenderInfo, tasks: list[Task]) -> None:
        self._context = context
        self._contender = contender
        self._model = tasks[0].model
        self._left = list(tasks)
        self._worker: Worker | None = None

    def start(self) -> None:
        """Start the worker, which builds the model and then waits."""
        with self._failures():
            self._context.display.doing(f"{self._model}: {self._contender.name} starts")
            self._worker = self._context.start(self._contender, self._job())

    def wait(self) -> None:
        """Wait until the worker has built the model."""
        with self._failures():
            if self._worker:
                runtime = self._worker.answer(RuntimeInfo)
                seed = self._left[0].launch
                name = self._contender.name
                self._context.note_worker(runtime, "quality", name, self._model, seed)

    def run(self) -> None:
        """Train one seed after the other until a training fails, and stop the worker."""
        with self._failures():
            if self._worker:
                self._train(self._worker)
                self._context.fleet.stop(self._worker)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Record a failure of the worker, and stop it."""
        try:
            yield
        except MeasurementError as error:
            seed = self._left[0].launch
            self._context.note_failure(error, "quality", self._contender.name, self._model, seed)
            for _ in self._left:
                self._context.display.stage_done()
            if self._worker:
                self._context.fleet.stop(self._worker)
            self._worker = None

    def _job(self) -> QualityJob:
        context = self._context
        info = context.plan.info
        model = context.plan.model(self._model)
        return context.job(
            QualityJob,
            self._contender,
            model,
            seeds=[task.launch for task in self._left],
            epochs=info.epochs,
            batch_size=info.batch_size,
            train_samples=info.quality_train_samples,
            examples=self._examples(),
        )

    def _examples(self) -> list[int]:
        # Only an autoencoder, whose output is an image like its input, can reconstruct examples.
        form = self._context.plan.model(self._model).form
        return list(self._context.data[self._model].info.examples) if form else []

    def _train(self, worker: Worker) -> None:
        context = self._context
        worker.tell(BeginTraining())
        while self._left:
            for epoch in range(1, context.plan.info.epochs + 1):
                self._epoch(worker, epoch)
            made = worker.answer(Reconstructed)
            if self._examples():
                name = self._contender.name
                context.append(record.Reconstructions, made, contender=name, model=self._model)
            context.end(self._left.pop(0))

    def _epoch(self, worker: Worker, epoch: int) -> None:
        context = self._context
        name, seed = self._contender.name, self._left[0].launch
        of = context.plan.info.epochs
        context.display.doing(f"{self._model}: {name} trains, seed {seed}, epoch {epoch} of {of}")
        trained = worker.answer(EpochTrained)
        row = context.append(record.QualityEpoch, trained, contender=name, model=self._model)
        context.display.figure(f"{self._model} {name} epoch {epoch}: test loss {row.test_loss:.4f}")
