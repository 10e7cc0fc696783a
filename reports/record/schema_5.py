"""Read records of schemas 1 to 5 in the words of schema 6.

Field names and kinds change; values stay as they are. The exception is the name of a control: the
control that was called "jax twin" is now called "jax A/A". Headers of schema 6 also contain the
sizes of each workload, the cells and the tasks. This module computes them for older headers.
"""

from collections.abc import Iterator
from math import prod
from typing import Any

import msgspec

from aebench.reports.record.bounds import MOST_WORKLOADS
from aebench.reports.record.header import (
    Cell,
    ContenderInfo,
    Header,
    ModelInfo,
    PlannedTasks,
)

LAST = 5

_KINDS = {"slice": "round", "unit_end": "task_end"}
_FIELDS = {
    "definition": "model",
    "definitions": "models",
    "lead_steps": "discarded_steps",
    "lead_seconds": "discarded_seconds",
    "foreign_share": "background_share",
    "stolen_share": "steal_share",
    "control_seconds": "fixed_work_seconds",
    "contaminated": "disturbed",
    "seam_seconds": "boundary_seconds",
    "epoch_end_ticks_seconds": "epoch_end_polls_seconds",
    "unit": "task",
    "yardstick": "baseline",
    "twin_of": "control_of",
    "handicap": "known_effect",
}
# Fields whose values are objects, or lists of objects, with renamed fields.
_INNER = ("task", "void", "contenders", "machine")
# The workloads of schemas 1 to 5, in the form of headers of schema 6.
_WORKLOADS = [
    {"name": "train", "verb": "trains", "gerund": "training", "trains": True},
    {"name": "predict", "verb": "predicts with", "gerund": "predicting"},
]
_OPERATION_CATEGORIES = [
    "matrix product",
    "element-wise",
    "fused",
    "loss",
    "optimiser",
    "data",
    "Python and Keras",
    "waiting",
    "other",
]
_NATIVE, _GEMM = "native-", "gemm"
_TENSORFLOW_NOTE = (
    "leaves out operations that it holds for cheap, small matrix products too: they are in waiting."
)
_SIZES = ("batch_sizes", "launches", "blocks")
_BUILD_PARAMETERS = ("widths", "dropout", "learning_rate")
# All models of old records were autoencoders, trained by plain gradient descent. Its optimiser
# keeps no values.
_AUTOENCODER = {
    "where": "aebench.bench.models.autoencoder",
    "function": "build",
    "optimiser_bytes": 0,
}
_OLD_CONTROL, _CONTROL = " twin", " A/A"


def upgraded(line: Any) -> Any:
    """Return a line of an old record with the names of schema 6.

    Parameters
    ----------
    line : object
        A decoded line of JSON; a value that isn't an object is returned unchanged.
    """
    if not isinstance(line, dict):
        return line
    found = _renamed(line)
    if found.get("kind") == "header":
        found.setdefault("workloads", _WORKLOADS)
        found.setdefault("operation_categories", _OPERATION_CATEGORIES)
        if isinstance(found.get("plan"), dict):
            found["plan"] = _plan(found["plan"])
        models = found.get("models")
        if isinstance(models, list):
            found["models"] = [_model(each) for each in models]
        contenders = found.get("contenders")
        if isinstance(contenders, list):
            found["contenders"] = [_contender(each) for each in contenders]
    kind = found.get("kind")
    if isinstance(kind, str):
        found["kind"] = _KINDS.get(kind, kind)
    return found


def planned(header: Header) -> Header:
    """Return an old header with the cells and tasks of its plan, and its models' activations.

    Parameters
    ----------
    header : Header
        A header of schema 1 to 5 in the words of schema 6. The number of its cells must have been
        checked against the limit.
    """
    plan = header.plan
    cells = [
        Cell(model.name, sizes.workload, batch_size)
        for model in header.models
        for sizes in plan.sizes
        for batch_size in sizes.batch_sizes
    ]
    models = [
        msgspec.structs.replace(model, activations=_activations(model, header.data.image_shape))
        for model in header.models
    ]
    return msgspec.structs.replace(
        header,
        models=models,
        cells=cells if "speed" in plan.passes else [],
        tasks=[tasks for name in dict.fromkeys(plan.passes) for tasks in _tasks(header, name)],
    )


def _tasks(header: Header, pass_name: str) -> Iterator[PlannedTasks]:
    """Yield the number of a pass's tasks for every model, or for every model and contender."""
    running = [each for each in header.contenders if not each.missing and not each.control_of]
    for model in header.models:
        if pass_name == "speed":
            yield PlannedTasks(pass_name, model.name, "", header.plan.launches)
            continue
        for contender in running:
            count = _count(header, pass_name, contender)
            if count:
                yield PlannedTasks(pass_name, model.name, contender.name, count)


def _count(header: Header, pass_name: str, contender: ContenderInfo) -> int:
    if pass_name == "parity":
        return 0 if contender.backend == _GEMM else 1
    if not contender.on_keras:
        return 0
    counts = {"quality": len(header.plan.seeds), "footprint": header.plan.footprint_launches}
    return counts.get(pass_name, 1)


def _plan(plan: dict[str, Any]) -> dict[str, Any]:
    """Return a plan with sizes per workload; old plans had the same sizes for all workloads."""
    found = {name: value for name, value in plan.items() if name not in ("workloads", *_SIZES)}
    if "quality_batch_size" in found:
        found["batch_size"] = found.pop("quality_batch_size")
    workloads = plan.get("workloads")
    sizes = {name: plan[name] for name in _SIZES if name in plan}
    if isinstance(workloads, list) and len(workloads) <= MOST_WORKLOADS:
        found["sizes"] = [{"workload": workload, **sizes} for workload in workloads]
    return found


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    found = {_FIELDS.get(name, name): value for name, value in fields.items()}
    for name in _INNER:
        value = found.get(name)
        if isinstance(value, dict):
            found[name] = _renamed(value)
        elif isinstance(value, list):
            found[name] = [_renamed(each) if isinstance(each, dict) else each for each in value]
    if found.get("control_of"):
        found["name"] = _control(found.get("name"))
    if "contender" in found:
        found["contender"] = _control(found["contender"])
    return found


def _model(fields: Any) -> Any:
    """Return an old model with its widths, dropout and learning rate as build parameters."""
    if not isinstance(fields, dict):
        return fields
    found = {name: value for name, value in fields.items() if name not in _BUILD_PARAMETERS}
    parameters = {name: fields[name] for name in _BUILD_PARAMETERS if name in fields}
    return {**_AUTOENCODER, **found, "build_parameters": parameters}


def _activations(model: ModelInfo, image_shape: list[int]) -> int | None:
    """Return how many numbers per sample the backward pass needs; None without usable widths."""
    widths = model.build_parameters.get("widths")
    if not isinstance(widths, list) or not widths:
        return None
    units = [each for each in widths if isinstance(each, int) and each > 0]
    if len(units) < len(widths):
        return None
    pixels = prod(image_shape)
    # Dropout follows the first two layers, but never the code, the innermost layer.
    dropped = units[: min(2, len(units) - 1)] if model.build_parameters.get("dropout") else []
    return sum([pixels, *units, *units[-2::-1], pixels, *dropped])


def _contender(fields: Any) -> Any:
    """Return an old contender with the fields that old records left to the backend's name."""
    backend = fields.get("backend") if isinstance(fields, dict) else None
    if not isinstance(backend, str):
        return fields
    on_keras = backend != _GEMM and not backend.startswith(_NATIVE)
    said: dict[str, Any] = {"on_keras": on_keras}
    if backend.startswith(_NATIVE):
        said["framework"] = backend.removeprefix(_NATIVE)
    if backend == "tensorflow":
        said["profile_note"] = _TENSORFLOW_NOTE
    return {**said, **fields}


def _control(name: Any) -> Any:
    if isinstance(name, str) and name.endswith(_OLD_CONTROL):
        return name.removesuffix(_OLD_CONTROL) + _CONTROL
    return name
