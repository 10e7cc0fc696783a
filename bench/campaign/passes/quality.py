"""The quality pass: train in full, over all epochs.

All contenders start from the same weights, and get the data in the same order.
"""

from collections.abc import Sequence
from itertools import groupby

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol import messages
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Run the trainings in the order given; one worker trains all seeds of its model."""
    contenders = {contender.name: contender for contender in context.plan.on_keras}
    for (_, name), group in groupby(tasks, lambda task: (task.model, task.contender)):
        _Training(context, contenders[name], list(group)).run()
    context.display.results("quality")


class _Training:
    """A contender's training of a model from several seeds."""

    def __init__(self, context: Context, contender: ContenderInfo, tasks: list[Task]) -> None:
        self._context = context
        self._contender = contender
        self._model = tasks[0].model
        self._left = list(tasks)

    def run(self) -> None:
        """Train one seed after the other until a training fails.

        The failure is recorded for its seed. The seeds after it are not trained.
        """
        try:
            self._train()
        except MeasurementError as error:
            task = self._left[0]
            self._context.note_failure(
                error, "quality", self._contender.name, self._model, task.launch
            )
            for _ in self._left:
                self._context.display.stage_done()

    def _train(self) -> None:
        context = self._context
        info = context.plan.info
        name = self._contender.name
        model = context.plan.model(self._model)
        # Only an autoencoder, whose output is an image like its input, can reconstruct examples.
        info_of_data = context.data[self._model].info
        examples = list(info_of_data.examples) if model.form else []
        job = context.job(
            messages.QualityJob,
            self._contender,
            model,
            seeds=[task.launch for task in self._left],
            epochs=info.epochs,
            batch_size=info.batch_size,
            train_samples=info.quality_train_samples,
            examples=examples,
        )
        context.display.doing(f"{self._model}: {name} starts")
        worker = context.start(self._contender, job)
        try:
            first = self._left[0].launch
            runtime = worker.answer(messages.RuntimeInfo)
            context.note_worker(runtime, "quality", name, self._model, first)
            while self._left:
                for epoch in range(1, info.epochs + 1):
                    self._epoch(worker, epoch)
                made = worker.answer(messages.Reconstructed)
                if examples:
                    context.append(record.Reconstructions, made, contender=name, model=self._model)
                context.end(self._left.pop(0))
        finally:
            context.fleet.stop(worker)

    def _epoch(self, worker: Worker, epoch: int) -> None:
        context = self._context
        name, seed = self._contender.name, self._left[0].launch
        of = context.plan.info.epochs
        context.display.doing(f"{self._model}: {name} trains, seed {seed}, epoch {epoch} of {of}")
        trained = worker.answer(messages.EpochTrained)
        row = context.append(record.QualityEpoch, trained, contender=name, model=self._model)
        context.display.figure(f"{self._model} {name} epoch {epoch}: test loss {row.test_loss:.4f}")
