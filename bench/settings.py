"""What can be set on a contender, and what can't be had. Standard library only: workers use it."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

import backends
from bench.errors import BadInputError

# Weights of 16 bits can't hold a step of this recipe: where they were tried, steps were off by more
# than they are long. So of Keras's lower policies the mixed ones, whose weights are float32.
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_WORDS = "jit, nojit, steps=N, precision=NAME"


@dataclass(frozen=True)
class Settings:
    """What was asked for; what is left out is as Keras has it.

    Parameters
    ----------
    jit : bool, optional
        Whether the steps are compiled (Keras's ``jit_compile``).
    steps : int
        Steps in one call of the compiled function (Keras's ``steps_per_execution``).
    precision : str
        Keras's dtype policy; ``float32`` also takes TF32 off an accelerator.
    """

    jit: bool | None = None
    steps: int = 1
    precision: str = ""

    @classmethod
    def of(cls, told: Mapping[str, str]) -> "Settings":
        """Read what :meth:`told` wrote."""
        jit = {"on": True, "off": False}.get(told.get("jit", ""))
        return cls(jit, int(told.get("steps", 1)), told.get("precision", ""))

    def told(self) -> dict[str, str]:
        """Write it for the record: what was asked for alone."""
        told = {} if self.jit is None else {"jit": "on" if self.jit else "off"}
        if self.steps != 1:
            told["steps"] = str(self.steps)
        if self.precision:
            told["precision"] = self.precision
        return told

    def __str__(self) -> str:
        words = [] if self.jit is None else ["jit" if self.jit else "nojit"]
        told = self.told()
        return ",".join([*words, *(f"{name}={told[name]}" for name in told if name != "jit")])


def is_setting(text: str) -> bool:
    """Tell whether a word looks like a setting, an interpreter behind it or not."""
    return text.partition("@")[0].partition("=")[0] in ("jit", "nojit", "steps", "precision")


def parse(engine: str, text: str) -> Settings:
    """Understand settings such as ``jit,steps=32``.

    Parameters
    ----------
    engine : str
        Whose; one of :data:`backends.ENGINES`.
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
                raise BadInputError(f"{engine}:{text} says both jit and nojit: give one of them.")
            jit = word == "jit"
        elif name == "steps":
            if not value.isdecimal() or int(value) < 1:
                raise BadInputError(
                    f"{engine}:{word} can't be: steps must be a whole number from 1, such as 32."
                )
            steps = int(value)
        elif name == "precision":
            if value not in PRECISIONS:
                raise BadInputError(
                    f"{engine}:{word} is not a precision: use {', '.join(PRECISIONS)}."
                )
            precision = value
        else:
            raise BadInputError(f"{word!r} is not a setting of {engine}: use {_WORDS}.")
    settings = Settings(jit, steps, precision)
    obstacle = _obstacle(engine, settings)
    if obstacle:
        raise BadInputError(f"{engine}:{settings} can't be had: {obstacle}")
    return settings


def _obstacle(engine: str, settings: Settings) -> str:
    """Say why settings can't be had; empty if they can."""
    if engine not in backends.NAMES:
        if settings != Settings():
            return "a yardstick is as it is, and takes no settings."
    elif engine == "torch":
        if settings.steps > 1:
            return "Keras runs one step a call on PyTorch: leave steps out."
        compiler = os.environ.get("CXX") or next(filter(shutil.which, ("g++", "clang++")), "")
        if settings.jit and not compiler:
            return "torch.compile needs a C++ compiler (g++ or clang++): install one, or leave jit."
    return ""
