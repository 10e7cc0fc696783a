"""Read the settings of a contender, and refuse those that its backend doesn't support.

Standard library only, so that any interpreter can import it.
"""

import re
from collections.abc import Mapping
from typing import Any

from aebench import backends
from aebench.backends import inputs
from aebench.bench.errors import BadInputError
from aebench.bench.protocol.settings import NUMBERS, ContenderSettings, as_words
from aebench.bench.quoting import shortly

# Only precisions with float32 weights. These models can't be trained with 16-bit weights: rounding
# changed a weight by more than a training step did.
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_CHOICES = {
    "precision": ("a precision", PRECISIONS),
    "input": ("an input path", inputs.NAMES),
}
WORDS = "jit, nojit, steps=N, precision=NAME, threads=N, cache, input=PATH, switch=NAME"
# The most steps in one call: an epoch of MNIST's 60,000 images in batches of 6 has this many.
MOST_STEPS = 10_000
MOST_THREADS = 4096
_MOST = {"steps": MOST_STEPS, "threads": MOST_THREADS}
_NAMES = ("jit", "nojit", "precision", "cache", "input", "switch", *NUMBERS)


def is_setting(text: str) -> bool:
    """Return whether a word is like a setting, such as ``steps=32`` or ``nojit@PYTHON``."""
    return text.partition("@")[0].partition("=")[0] in _NAMES


def split_contenders(text: str) -> list[str]:
    """Split contenders at the commas between them.

    Parameters
    ----------
    text : str
        Contenders, such as ``jax:nojit,steps=32,torch``. A comma between the settings of one
        contender splits nothing.

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


def parse_settings(backend: str, text: str) -> ContenderSettings:
    """Read settings such as ``jit,steps=32``.

    Parameters
    ----------
    backend : str
        The backend or baseline; one of :func:`aebench.backends.measurable_names`.
    text : str
        Settings with commas between them; empty for none.

    Raises
    ------
    BadInputError
        If a word is no setting, or the backend doesn't support it.
    """
    jit: bool | None = None
    others: dict[str, Any] = {}
    cache = False
    for word in filter(None, text.split(",")):
        name, _, value = word.partition("=")
        if word in ("jit", "nojit"):
            if jit is not None and jit != (word == "jit"):
                raise BadInputError(
                    f"{shortly(f'{backend}:{text}')} says both jit and nojit: give one of them."
                )
            jit = word == "jit"
        elif word == "cache":
            cache = True
        elif name in NUMBERS:
            others[name] = _whole_number(backend, name, value, _MOST[name])
        elif name in _CHOICES:
            what, choices = _CHOICES[name]
            if value not in choices:
                raise BadInputError(
                    f"{shortly(f'{backend}:{word}')} is not {what}: use {', '.join(choices)}."
                )
            others[name] = value
        elif name == "switch":
            others[name] = _switch(backend, value)
        else:
            raise BadInputError(f"{shortly(word)} is not a setting of {backend}: use {WORDS}.")
    settings = ContenderSettings(jit, cache=cache, **others)
    obstacle = _obstacle(backend, settings)
    if obstacle:
        raise BadInputError(f"{backend}:{settings} isn't supported: {obstacle}")
    return settings


def check(backend: str, told: Mapping[str, str]) -> None:
    """Check that a record's settings have the form that :meth:`ContenderSettings.to_dict` writes.

    Raises
    ------
    BadInputError
        If the settings have another form, or the backend doesn't support them.
    """
    if parse_settings(backend, as_words(told)).to_dict() != dict(told):
        raise BadInputError(f"{shortly(dict(told))} are no settings of {backend}.")


def _whole_number(backend: str, name: str, value: str, most: int) -> int:
    # Only 1 to 9 ASCII digits: int() would accept other digits, and fail with thousands of digits.
    number = int(value) if re.fullmatch("[0-9]{1,9}", value) else 0
    if not 1 <= number <= most:
        raise BadInputError(
            f"{shortly(f'{backend}:{name}={value}')} can't be: {name} must be a whole number from "
            f"1 to {most:,}, such as {name}=2."
        )
    return number


def _switch(backend: str, value: str) -> str:
    known = backends.load(backend).SWITCHES
    if value not in known:
        use = f"use {', '.join(known)}" if known else "it has none"
        raise BadInputError(
            f"{shortly(f'{backend}:switch={value}')} is not a switch of {backend}: {use}."
        )
    return value


def _obstacle(backend: str, settings: ContenderSettings) -> str:
    """Return the reason why a backend doesn't support settings; empty if it does."""
    asked = settings.to_dict()
    if not backends.runs_keras(backend):
        wrong = asked.keys() - {"precision"} or asked.get("precision", "float32") != "float32"
        return "a baseline takes no setting but precision=float32." if wrong else ""
    if "cache" in asked and not backends.load(backend).COMPILE_CACHE:
        return f"{backend} keeps no compiled code on the disk: leave cache out."
    return backends.load(backend).settings_obstacle(asked)
