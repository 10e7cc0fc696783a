"""Find what a run varied in numbers, all else being equal: models' parameters and settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aebench.reports.record import ModelInfo
from aebench.reports.summary.speed_rows import SpeedCell

Number = int | float
BATCH_SIZE = "batch size"
# Settings of contenders that can be varied, and their names among the settings in force.
_SETTINGS = {"threads": "cores", "steps": "steps_per_execution"}


class SweepPoint(NamedTuple):
    """A value, and where its figures are.

    Parameters
    ----------
    value : number
        The value of what was varied.
    model : str
        The model's name.
    batch_size : int or None
        The batch size; None for the first.
    contenders : mapping of str to str, optional
        Names of contenders by the name of their curve; None if each has a curve of its own name.
    """

    value: Number
    model: str
    batch_size: int | None = None
    contenders: Mapping[str, str] | None = None

    def contender(self, curve: str) -> str | None:
        """Return the contender of a curve at this point."""
        return curve if self.contenders is None else self.contenders.get(curve)


@dataclass(frozen=True)
class Sweep:
    """The values of one number, all else being equal.

    Parameters
    ----------
    stem : str
        What is equal: the model, with its parameters that are equal.
    parameter : str
        What differs: a parameter of models, ``batch size``, or a setting of contenders.
    points : sequence of SweepPoint
        The values in ascending order; at least two.
    """

    stem: str
    parameter: str
    points: Sequence[SweepPoint]


def of_models(models: Sequence[ModelInfo]) -> list[Sweep]:
    """List the sweeps over parameters among models, in the order of the models.

    A model can be in several of them: a grid over two parameters has a sweep over the first for
    each value of the second.
    """
    found: dict[tuple[object, ...], list[tuple[Number, ModelInfo]]] = {}
    for model in models:
        for name, value in model.build_parameters.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found.setdefault(_group(model, name), []).append((value, model))
    return [
        Sweep(
            _stem(members[0][1], str(group[0])),
            str(group[0]),
            sorted(SweepPoint(value, model.name) for value, model in members),
        )
        for group, members in found.items()
        if len({value for value, _ in members}) > 1
    ]


def of_batch_sizes(cells: Sequence[SpeedCell]) -> list[Sweep]:
    """List a sweep over batch sizes for each model with at least three; two are no curve."""
    sizes: dict[str, dict[int, None]] = {}
    for cell in cells:
        sizes.setdefault(cell.model, {})[cell.batch_size] = None
    return [
        Sweep(model, BATCH_SIZE, [SweepPoint(size, model, size) for size in sorted(found)])
        for model, found in sizes.items()
        if len(found) > 2
    ]


def of_settings(models: Sequence[str], settings: Mapping[str, Mapping[str, str]]) -> list[Sweep]:
    """List the sweeps over contenders' numbers of cores, and of steps in a call, for each model.

    Parameters
    ----------
    models : sequence of str
        The models' names.
    settings : mapping of str to mapping of str to str
        The settings in force by contender.
    """
    found: list[Sweep] = []
    for name, in_force in _SETTINGS.items():
        by_value: dict[Number, dict[str, str]] = {}
        for contender, its in settings.items():
            value = its.get(in_force, "1")
            if value.isascii() and value.isdigit():
                by_value.setdefault(int(value), {}).setdefault(_without(contender, name), contender)
        curves = [curve for of_value in by_value.values() for curve in of_value]
        several = {curve for curve in curves if curves.count(curve) > 1}
        kept = {
            value: {curve: each for curve, each in of_value.items() if curve in several}
            for value, of_value in by_value.items()
        }
        points = sorted((value, of_value) for value, of_value in kept.items() if of_value)
        if several:
            found += [
                Sweep(model, name, [SweepPoint(value, model, None, each) for value, each in points])
                for model in models
            ]
    return found


def _without(contender: str, setting: str) -> str:
    """Return a contender's name without a setting: ``jax:nojit`` for ``jax:nojit,steps=8``."""
    stem, at, python = contender.partition("@")
    backend, _, settings = stem.partition(":")
    left = [each for each in settings.split(",") if not re.fullmatch(rf"{setting}=\d+", each)]
    text = ",".join(filter(None, left))
    return (f"{backend}:{text}" if text else backend) + at + python


def _group(model: ModelInfo, parameter: str) -> tuple[object, ...]:
    """Return what models of a sweep over a parameter have in common."""
    others = sorted(
        (name, repr(value)) for name, value in model.build_parameters.items() if name != parameter
    )
    return parameter, model.where, model.function, model.sha256, *others


def _stem(model: ModelInfo, parameter: str) -> str:
    """Return a model's name without the parameter, of which names have ``NAME=VALUE``."""
    words = model.name.split(" ")
    return " ".join(word for word in words if not word.startswith(f"{parameter}="))
