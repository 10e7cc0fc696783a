"""Settings that a user asks for a contender, and their form in the record."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ContenderSettings:
    """The settings that were asked for. Other settings have Keras's defaults.

    Parameters
    ----------
    jit : bool, optional
        Whether the steps are compiled (Keras's ``jit_compile``).
    steps : int
        Number of steps in one call of the compiled function (Keras's ``steps_per_execution``).
    precision : str
        Keras's dtype policy; ``float32`` also turns TF32 off on an accelerator.
    threads : int
        Number of cores; 0 means as many as the run allows.
    """

    jit: bool | None = None
    steps: int = 1
    precision: str = ""
    threads: int = 0

    @classmethod
    def from_dict(cls, fields: Mapping[str, str]) -> "ContenderSettings":
        """Return the settings that :meth:`to_dict` wrote into a dictionary."""
        jit = {"on": True, "off": False}.get(fields.get("jit", ""))
        numbers = {name: int(fields[name]) for name in ("steps", "threads") if name in fields}
        return cls(jit, precision=fields.get("precision", ""), **numbers)

    def to_dict(self) -> dict[str, str]:
        """Return the settings for the record: only those that were asked for."""
        fields = {} if self.jit is None else {"jit": "on" if self.jit else "off"}
        if self.steps != 1:
            fields["steps"] = str(self.steps)
        if self.precision:
            fields["precision"] = self.precision
        if self.threads:
            fields["threads"] = str(self.threads)
        return fields

    def __str__(self) -> str:
        words = [] if self.jit is None else ["jit" if self.jit else "nojit"]
        fields = self.to_dict()
        return ",".join([*words, *(f"{name}={fields[name]}" for name in fields if name != "jit")])
