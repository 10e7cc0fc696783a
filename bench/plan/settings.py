"""What can be set on a contender, and what can't be had. Standard library only: workers use it."""

import os
import re
import shutil
from collections.abc import Mapping

from aebench import backends
from aebench.bench.errors import BadInputError
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.quoting import shortly

# Weights of 16 bits can't hold a step of this recipe: where they were tried, steps were off by more
# than they are long. So of Keras's lower policies the mixed ones, whose weights are float32.
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
WORDS = "jit, nojit, steps=N, precision=NAME"
# Steps in one call: an epoch of the whole MNIST with a batch size of 6 has as many.
MOST_STEPS = 10_000


def is_setting(text: str) -> bool:
    """Tell whether a word looks like a setting, an interpreter behind it or not."""
    return text.partition("@")[0].partition("=")[0] in ("jit", "nojit", "steps", "precision")


def split_contenders(text: str) -> list[str]:
    """Split contenders at the commas between them.

    Parameters
    ----------
    text : str
        Such as ``jax:nojit,steps=32,torch``: a comma before a setting belongs to the contender.

    Returns
    -------
    list of str
        The contenders, such as ``["jax:nojit,steps=32", "torch"]``.
    """
    contenders: list[str] = []
    in_settings = False
    for piece in filter(None, text.split(",")):
        if in_settings and is_setting(piece):
            contenders[-1] += f",{piece}"
            in_settings = "@" not in piece
        else:
            contenders.append(piece)
            in_settings = ":" in piece and "@" not in piece
    return contenders


def parse(engine: str, text: str) -> ContenderSettings:
    """Understand settings such as ``jit,steps=32``.

    Parameters
    ----------
    engine : str
        Whose; one of :data:`aebench.backends.ENGINES`.
    text : str
        Words with commas between them; empty for none.

    Raises
    ------
    BadInputError
        If a word isn't known, or can't be had here.
    """
    jit: bool | None = None
    steps = 1
    precision = ""
    for word in filter(None, text.split(",")):
        name, _, value = word.partition("=")
        if word in ("jit", "nojit"):
            if jit is not None and jit != (word == "jit"):
                raise BadInputError(
                    f"{shortly(f'{engine}:{text}')} says both jit and nojit: give one of them."
                )
            jit = word == "jit"
        elif name == "steps":
            steps = _steps(engine, value)
        elif name == "precision":
            if value not in PRECISIONS:
                raise BadInputError(
                    f"{shortly(f'{engine}:{word}')} is not a precision: use "
                    f"{', '.join(PRECISIONS)}."
                )
            precision = value
        else:
            raise BadInputError(f"{shortly(word)} is not a setting of {engine}: use {WORDS}.")
    settings = ContenderSettings(jit, steps, precision)
    obstacle = _obstacle(engine, settings)
    if obstacle:
        raise BadInputError(f"{engine}:{settings} can't be had: {obstacle}")
    return settings


def check(engine: str, told: Mapping[str, str]) -> None:
    """Make sure that settings of a record's are what :meth:`ContenderSettings.to_dict` writes.

    Raises
    ------
    BadInputError
        If they aren't, or can't be had here.
    """
    jit = {"on": "jit", "off": "nojit"}.get(told.get("jit", ""))
    words = [*([jit] if jit else []), *(f"{name}={told[name]}" for name in told if name != "jit")]
    if parse(engine, ",".join(words)).to_dict() != dict(told):
        raise BadInputError(f"{shortly(dict(told))} are no settings of {engine}.")


def _steps(engine: str, value: str) -> int:
    # Digits of other scripts are numbers to Python too, and too many are none.
    steps = int(value) if re.fullmatch("[0-9]{1,9}", value) else 0
    if not 1 <= steps <= MOST_STEPS:
        raise BadInputError(
            f"{shortly(f'{engine}:steps={value}')} can't be: steps must be a whole number from 1 "
            f"to {MOST_STEPS:,}, such as 32."
        )
    return steps


def _obstacle(engine: str, settings: ContenderSettings) -> str:
    """Say why settings can't be had; empty if they can."""
    if engine not in backends.NAMES:
        if settings != ContenderSettings():
            return "a baseline is as it is, and takes no settings."
    elif engine == "torch":
        if settings.steps > 1:
            return "Keras runs one step a call on PyTorch: leave steps out."
        compiler = os.environ.get("CXX") or next(filter(shutil.which, ("g++", "clang++")), "")
        if settings.jit and not compiler:
            return "torch.compile needs a C++ compiler (g++ or clang++): install one, or leave jit."
    return ""
