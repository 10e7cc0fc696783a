"""Find the parameters of models that a run varied: numeric ones, all others being equal."""

from collections.abc import Sequence
from dataclasses import dataclass

from aebench.reports.record import ModelInfo

Number = int | float


@dataclass(frozen=True)
class Sweep:
    """Models of one function that differ in one numeric parameter alone.

    Parameters
    ----------
    stem : str
        The models' common name, with the parameters that are equal.
    parameter : str
        The parameter that differs.
    models : sequence of (number, str)
        The parameter's values in ascending order, each with the model's name; at least two.
    """

    stem: str
    parameter: str
    models: Sequence[tuple[Number, str]]


def sweeps(models: Sequence[ModelInfo]) -> list[Sweep]:
    """List the sweeps among models, in the order of the models.

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
            sorted((value, model.name) for value, model in members),
        )
        for group, members in found.items()
        if len({value for value, _ in members}) > 1
    ]


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
