"""Read what ``--set`` varies of a run: batch sizes, cores, and steps in a call."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from aebench import backends
from aebench.backends.contract import BackendError
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.parameters import (
    BATCH_SIZE,
    ONE_AT_A_TIME,
    RUN_AXES,
    STEPS,
    combinations,
)
from aebench.bench.plan.request import Request


def applied(request: Request) -> Request:
    """Return a request whose ``sets`` are about models alone.

    Values of ``batch_size`` become the request's batch sizes. Values of ``threads`` and ``steps``
    become contenders: every contender with every value. A contender that can't have several steps
    in a call, and a baseline, takes part as it is.

    Parameters
    ----------
    request : Request
        The request as the user wrote it.

    Raises
    ------
    BadInputError
        If a value is no whole number from 1, or is given by another option too.
    """
    words = {name: word for word in request.sets if (name := word.partition("=")[0]) in RUN_AXES}
    if not words:
        return request
    if request.vary == ONE_AT_A_TIME and len(request.sets) > 1:
        raise BadInputError(
            f"--vary {ONE_AT_A_TIME} is about the parameters of models: leave out "
            f"{', '.join(words)}, or --vary."
        )
    axes = {name: _values(name, request.sets) for name in words}
    sets = [word for word in request.sets if word.partition("=")[0] not in RUN_AXES]
    batch_sizes = request.batch_sizes
    if BATCH_SIZE in axes:
        if batch_sizes:
            raise BadInputError("--set batch_size and --batch-size say the same: give one of them.")
        batch_sizes = axes.pop(BATCH_SIZE)
    contenders = _varied(request.backends, axes) if axes else request.backends
    return replace(request, sets=sets, batch_sizes=batch_sizes, backends=contenders)


def _values(name: str, sets: Sequence[str]) -> list[int]:
    """Return the values of an axis, which has one word."""
    mine = [word for word in sets if word.partition("=")[0] == name]
    values = [each[name] for each in combinations(mine)]
    # True is an int in Python.
    if not all(type(each) is int and each > 0 for each in values):
        raise BadInputError(f"--set {mine[0]} must be whole numbers from 1, such as {name}=1,2.")
    return values


@refusing(BackendError)
def _varied(asked: Sequence[str], axes: Mapping[str, Sequence[int]]) -> list[str]:
    """Return every contender with every combination of settings that it can have."""
    if not asked or list(asked) == ["all"]:
        asked = [name for name in backends.default_names() if backends.installed_version(name)]
    found: dict[str, None] = {}
    known = backends.measurable_names()
    if any(each.partition("@")[0].partition(":")[0] not in known for each in asked):
        return list(asked)  # unknown names are refused with the plan
    for contender in asked:
        stem, at, python = contender.partition("@")
        backend, _, settings = stem.partition(":")
        able = {name: values for name, values in axes.items() if _can(backend, name, settings)}
        for values in product(*able.values()):
            words = [
                f"{name}={value}"
                for name, value in zip(able, values, strict=True)
                if (name, value) != (STEPS, 1)
            ]
            text = ",".join(filter(None, [settings, *words]))
            found[f"{backend}:{text}{at}{python}" if text else f"{backend}{at}{python}"] = None
    if not any(":" in name for name in found):
        raise BadInputError(f"none of {', '.join(found)} can vary {' and '.join(axes)}.")
    return list(found)


def _can(backend: str, name: str, settings: str) -> bool:
    """Return whether a contender can have a setting, and has no value of it yet."""
    if not backends.runs_keras(backend) or f"{name}=" in settings:
        return False
    return not backends.load(backend).settings_obstacle({name: "2"})
