"""Settings that a user asks for a contender, and their form in the record."""

from collections.abc import Mapping
from dataclasses import dataclass

# The environment variable of a worker that keeps what it compiles.
KEEPS_COMPILED = "AEBENCH_KEEPS_COMPILED"


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
    cache : bool
        Whether what is compiled is kept on the disk, for the next process of the contender.
    """

    jit: bool | None = None
    steps: int = 1
    precision: str = ""
    threads: int = 0
    cache: bool = False

    @classmethod
    def from_dict(cls, fields: Mapping[str, str]) -> "ContenderSettings":
        """Return the settings that :meth:`to_dict` wrote into a dictionary."""
        jit = {"on": True, "off": False}.get(fields.get("jit", ""))
        numbers = {name: int(fields[name]) for name in ("steps", "threads") if name in fields}
        return cls(
            jit, precision=fields.get("precision", ""), cache=fields.get("cache") == "on", **numbers
        )

    def to_dict(self) -> dict[str, str]:
        """Return the settings for the record: only those that were asked for."""
        fields = {} if self.jit is None else {"jit": "on" if self.jit else "off"}
        if self.steps != 1:
            fields["steps"] = str(self.steps)
        if self.precision:
            fields["precision"] = self.precision
        if self.threads:
            fields["threads"] = str(self.threads)
        if self.cache:
            fields["cache"] = "on"
        return fields

    def __str__(self) -> str:
        return as_words(self.to_dict())


def as_words(fields: Mapping[str, str]) -> str:
    """Return settings of a record in the words of the command line, such as ``jit,steps=32``."""
    words = {"jit=on": "jit", "jit=off": "nojit", "cache=on": "cache"}
    written = [f"{name}={value}" for name, value in fields.items()]
    return ",".join(words.get(each, each) for each in written)
