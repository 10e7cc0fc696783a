"""The models and the samples of a run: the images of autoencoders, and what users bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aebench.bench.campaign.inspection import InspectionInputs, inspect
from aebench.bench.data import datasets
from aebench.bench.data.choices import DATA
from aebench.bench.data.datasets import Dataset
from aebench.bench.data.model_data import Counts, ModelData, by_model, counts_of_images, least
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import Autoencoder
from aebench.bench.models.model import Model
from aebench.bench.plan import contenders, model_refs
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import PRESETS
from aebench.bench.plan.request import Request, check
from aebench.bench.quoting import is_encodable, shortly
from aebench.reports.record import Header

_NPZ = ".npz"


@dataclass(frozen=True)
class Found:
    """The models that a request names, and their samples.

    Parameters
    ----------
    models : sequence of Model or None
        The models; None if the preset's are measured.
    own : mapping of str to ModelData
        The samples of the models that have samples of their own.
    images : Dataset or None
        The images for the other models.
    scratch : Path
        The folder for files.
    """

    models: Sequence[Model] | None
    own: Mapping[str, ModelData]
    images: Dataset | None
    scratch: Path

    @property
    def counts(self) -> Counts:
        """Return the numbers of samples for which a plan's sizes fit all models."""
        images = [] if self.images is None else [counts_of_images(self.images)]
        return least([*images, *(each.counts for each in self.own.values())])

    def data(self, names: Sequence[str]) -> Mapping[str, ModelData]:
        """Return the samples of a plan's models by their names."""
        return by_model(names, self.own, self.images, self.scratch)


def found(request: Request, data: str, scratch: Path, answer_seconds: float) -> Found:
    """Find the models that a request names; users' models are built once, in workers.

    Parameters
    ----------
    request : Request
        The request.
    data : str
        The value of ``--data``.
    scratch : Path
        The folder for files.
    answer_seconds : float
        Seconds of silence after which a worker counts as hung.

    Raises
    ------
    BadInputError
        If a model or its samples can't be used.
    """
    asked = model_refs.read(request.models, request.sets, request.vary)
    own = [each for each in asked if not isinstance(each, Autoencoder)]
    images = None
    if not own or len(own) < len(asked):
        images = datasets.load(data, request.train_samples, scratch)
    if not own:
        return Found(list(asked) or None, {}, images, scratch)  # type: ignore[arg-type]
    check(request)
    npz = _npz_of_own(data, images is not None)
    preset = PRESETS[request.preset]
    inputs = InspectionInputs(
        contenders=[
            each for each in contenders.find(request.backends) if each.on_keras and not each.missing
        ],
        npz=npz,
        train_samples=request.train_samples or 0,
        # The quality pass alone begins with the weights of other seeds than the first.
        seeds=(request.seeds or preset.seeds)
        if "quality" in (request.passes or preset.passes)
        else 1,
        scratch=scratch,
        answer_seconds=answer_seconds,
    )
    inspected = iter(inspect(own, inputs))
    models: list[Model] = []
    samples: dict[str, ModelData] = {}
    for each in asked:
        if isinstance(each, Autoencoder):
            models.append(each)
        else:
            model, its_data = next(inspected)
            models.append(model)
            samples[model.name] = its_data
    return Found(models, samples, images, scratch)


def _npz_of_own(data: str, beside_images: bool) -> str:
    """Return the path of the file that has the samples of users' models; empty without one.

    Names of data sets are of images, which these models don't take.
    """
    if not data.endswith(_NPZ):
        if data not in DATA:
            raise BadInputError(
                f"--data {shortly(data)} is neither {', '.join(DATA)} nor the path of a file that "
                f"ends in {_NPZ}."
            )
        return ""
    if beside_images:
        raise BadInputError(
            "--data is for the autoencoders or for the other models, and both are given: measure "
            "them in two runs."
        )
    if not is_encodable(data):
        raise BadInputError(f"{data} is no name in UTF-8, and no record can hold it: rename it.")
    return str(Path(data).absolute())


@dataclass(frozen=True)
class FoundAgain:
    """The plan of a record with its models as they are here, and their samples."""

    plan: Plan
    data: Mapping[str, ModelData]


def found_again(plan: Plan, header: Header, scratch: Path, answer_seconds: float) -> FoundAgain:
    """Find the models and the samples of a record that is carried on.

    Parameters
    ----------
    plan : Plan
        The plan of the record; the user has allowed its models' files to be run.
    header : Header
        The record's header.
    scratch, answer_seconds
        See :func:`found`.

    Raises
    ------
    BadInputError
        If a model or its samples can't be used.
    """
    own = [model for model in plan.models if model.form is None]
    images = None
    if len(own) < len(plan.models):
        (first, *_) = (model for model in plan.models if model.form is not None)
        images = datasets.load_again(header.data_of(first.name), scratch)
    models: dict[str, Model] = {model.name: model for model in plan.models}
    samples: dict[str, ModelData] = {}
    by_data: dict[tuple[str, int], list[Model]] = {}
    for model in own:
        info = header.data_of(model.name)
        npz = info.choice if info.choice.endswith(_NPZ) else ""
        by_data.setdefault((npz, info.train_samples), []).append(model)
    seeds = plan.info.seeds if "quality" in plan.info.passes else plan.info.seeds[:1]
    for number, ((npz, train_samples), mine) in enumerate(by_data.items()):
        inputs = InspectionInputs(
            contenders=plan.on_keras,
            npz=npz,
            train_samples=train_samples,
            seeds=1 + max(seeds),
            scratch=scratch / f"models-{number}",
            answer_seconds=answer_seconds,
        )
        inputs.scratch.mkdir()
        for inspected, its_data in inspect([model.description for model in mine], inputs):
            models[inspected.name], samples[inspected.name] = inspected, its_data
    names = [model.name for model in plan.models]
    renewed = replace(plan, models=[models[name] for name in names])
    return FoundAgain(renewed, by_model(names, samples, images, scratch))
