"""Settings that a user asks for a contender, and their form in the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The environment variable of a worker that keeps what it compiles.
KEEPS_COMPILED = "AEBENCH_KEEPS_COMPILED"
# The environment variable of a worker that says which variables its switch has set.
SWITCHED = "AEBENCH_SWITCHED"
NUMBERS = ("steps", "threads")


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
    input : str
        How samples come to ``fit`` and ``predict``, one of :data:`aebench.backends.inputs.NAMES`;
        empty for arrays.
    switch : str
        A switch of the framework, one of its backend's ``SWITCHES``; empty for none.
    """

    jit: bool | None = None
    steps: int = 1
    precision: str = ""
    threads: int = 0
    cache: bool = False
    input: str = ""
    switch: str = ""

    @classmethod
    def from_dict(cls, fields: Mapping[str, str]) -> "ContenderSettings":
        """Return the settings that :meth:`to_dict` wrote into a dictionary."""
        jit = {"on": True, "off": False}.get(fields.get("jit", ""))
        others: dict[str, Any] = {name: int(fields[name]) for name in NUMBERS if name in fields}
        others |= {name: fields.get(name, "") for name in ("precision", "input", "switch")}
        return cls(jit, cache=fields.get("cache") == "on", **others)

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
        if self.input:
            fields["input"] = self.input
        if self.switch:
            fields["switch"] = self.switch
        return fields

    def __str__(self) -> str:
        return as_words(self.to_dict())


DEFAULTS = ContenderSettings()


def as_words(fields: Mapping[str, str]) -> str:
    """Return settings of a record in the words of the command line, such as ``jit,steps=32``."""
    words = {"jit=on": "jit", "jit=off": "nojit", "cache=on": "cache"}
    written = [f"{name}={value}" for name, value in fields.items()]
    return ",".join(words.get(each, each) for each in written)
