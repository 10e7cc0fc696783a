"""Contender settings: what the parent asks of a worker's model, and its form in the record."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ContenderSettings:
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
    def from_dict(cls, told: Mapping[str, str]) -> "ContenderSettings":
        """Read what :meth:`to_dict` returns."""
        jit = {"on": True, "off": False}.get(told.get("jit", ""))
        return cls(jit, int(told.get("steps", 1)), told.get("precision", ""))

    def to_dict(self) -> dict[str, str]:
        """Write it for the record: what was asked for alone."""
        told = {} if self.jit is None else {"jit": "on" if self.jit else "off"}
        if self.steps != 1:
            told["steps"] = str(self.steps)
        if self.precision:
            told["precision"] = self.precision
        return told

    def __str__(self) -> str:
        words = [] if self.jit is None else ["jit" if self.jit else "nojit"]
        told = self.to_dict()
        return ",".join([*words, *(f"{name}={told[name]}" for name in told if name != "jit")])
