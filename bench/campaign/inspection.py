"""Inspect users' models before a run is planned: they are built once, in workers of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from aebench import backends
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.data.model_data import ModelData
from aebench.bench.errors import BadInputError, MeasurementError
from aebench.bench.models.model import FileModel
from aebench.bench.plan.interpreters import interpreter
from aebench.bench.protocol.messages.inspection import (
    FoundSamples,
    Inspect,
    Inspected,
    InspectionJob,
)
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource
from aebench.reports.record import ContenderInfo, DataInfo

_NOTHING = SampleSource("", "")


@dataclass(frozen=True)
class InspectionInputs:
    """What an inspection needs besides the models.

    Parameters
    ----------
    contenders : sequence of ContenderInfo
        The contenders on Keras, on which a model is built: on the first that can.
    npz : str
        Path of the user's data file; empty if none was given.
    train_samples : int
        Number of training samples to keep; 0 keeps all.
    seeds : int
        Number of seeds for which initial weights are drawn.
    scratch : Path
        A folder for samples, weights and the workers' files.
    answer_seconds : float
        Seconds of silence after which a worker counts as hung.
    """

    contenders: Sequence[ContenderInfo]
    npz: str
    train_samples: int
    seeds: int
    scratch: Path
    answer_seconds: float


class InspectedModel(NamedTuple):
    """A model that was built once, and its samples."""

    model: FileModel
    data: ModelData


def inspect(
    descriptions: Sequence[ModelDescription], inputs: InspectionInputs
) -> list[InspectedModel]:
    """Build every model once, and return what is known of it.

    Parameters
    ----------
    descriptions : sequence of ModelDescription
        The models.
    inputs : InspectionInputs
        The other inputs.

    Raises
    ------
    BadInputError
        If a model can't be built, has no samples, or its samples don't fit it; the message is that
        of the first contender.
    """
    modules = backends.outside_modules(each.backend for each in inputs.contenders)
    fleet = Fleet(inputs.scratch, inputs.answer_seconds, modules)
    try:
        inspection = _Inspection(fleet, inputs)
        # The models of one file share a worker; another file's code runs in another process.
        return [
            model
            for _, same_file in groupby(descriptions, lambda each: each.where)
            for model in inspection.of_file(list(same_file))
        ]
    finally:
        fleet.close()


class _Inspection:
    def __init__(self, fleet: Fleet, inputs: InspectionInputs) -> None:
        self._fleet = fleet
        self._inputs = inputs
        self._number = 0

    def of_file(self, descriptions: Sequence[ModelDescription]) -> list[InspectedModel]:
        """Inspect the models of one file, on the first contender that can build them all.

        What is wrong on any backend is told at once.
        """
        problems: list[str] = []
        for contender in self._inputs.contenders:
            found = self._on(contender, descriptions)
            problem = next((each.problem for each in found if each.problem), "")
            if not problem:
                return [
                    _model(description, each, self._inputs.npz)
                    for description, each in zip(descriptions, found, strict=True)
                ]
            problems.append(problem)
            if any(each.on_any_backend for each in found):
                raise BadInputError(problem)
        raise BadInputError(problems[0] if problems else "no contender runs Keras here.")

    def _on(
        self, contender: ContenderInfo, descriptions: Sequence[ModelDescription]
    ) -> list[Inspected]:
        """Inspect models until one has a problem."""
        found: list[Inspected] = []
        worker: Worker | None = None
        try:
            job = self._job(contender, descriptions[0])
            worker = self._fleet.start(contender.backend, job, interpreter(contender))
            for description in descriptions:
                self._number += 1
                found.append(worker.ask(Inspect(description, self._number), Inspected))
                if found[-1].problem:
                    break
        except MeasurementError as error:
            name = descriptions[len(found)].name
            told = error.log_tail.splitlines()
            last = f" ({told[-1].strip()})" if told else ""
            problem = (
                f"the model {name} can't be built: a worker of {contender.name} {error}{last}."
            )
            found.append(Inspected(problem))
        finally:
            if worker is not None:
                self._fleet.stop(worker)
        return found

    def _job(self, contender: ContenderInfo, description: ModelDescription) -> InspectionJob:
        inputs = self._inputs
        return InspectionJob(
            backend=contender.backend,
            module=backends.module_name(contender.backend),
            settings=contender.settings,
            model=description,
            threads=0,
            seed=0,
            train=_NOTHING,
            test=_NOTHING,
            folder=str(inputs.scratch),
            npz=inputs.npz,
            train_samples=inputs.train_samples,
            seeds=inputs.seeds,
        )


def _model(description: ModelDescription, found: Inspected, npz: str) -> InspectedModel:
    assert found.samples is not None, "a model without a problem has samples"
    model = FileModel(
        replace(description, sha256=found.sha256),
        found.parameters,
        found.weight_bytes,
        found.optimiser_bytes,
        forward_operations=found.forward_operations,
        dense_shapes=tuple((inputs, units) for inputs, units in found.dense_shapes),
        no_training=found.no_training,
        natives=tuple(found.natives),
        constant_loss=found.constant_loss,
        weights=found.weights,
    )
    return InspectedModel(model, _data(found.samples, npz))


def _data(found: FoundSamples, npz: str) -> ModelData:
    info = DataInfo(
        name=found.name,
        train_samples=found.train_samples,
        test_samples=found.test_samples,
        image_shape=[],
        train_sha256=found.train_sha256,
        test_sha256=found.test_sha256,
        notice=found.notice,
        choice=npz or found.name,
        drawn=found.drawn,
    )
    return ModelData(
        info, found.train, found.test, Path(found.npz), found.array_names, found.sample_bytes
    )
