"""Say what a backend's file must define, and what is raised for a file that doesn't."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class BackendError(Exception):
    """A backend's file, or the name that another package registered, can't be used.

    The message is one sentence that says what is wrong and what to do.
    """


class Costs(NamedTuple):
    """Rough costs on a 2-core machine without an accelerator, for the estimate of a run.

    Parameters
    ----------
    start_seconds : float
        Seconds from the start of a worker until its model is compiled.
    cold_start_seconds : float
        Seconds from the start of a worker until its first prediction is done.
    parity_seconds : float
        Seconds of all parity checks of a model at one batch size.
    step_seconds : dict of str to float
        Seconds of a step without its matrix products, by workload.
    jit_seconds : float
        Seconds to compile a function of the model, if the setting ``jit`` asks for a compiler.
    """

    start_seconds: float
    cold_start_seconds: float
    parity_seconds: float
    step_seconds: Mapping[str, float]
    jit_seconds: float = 0.0


class Backend(Protocol):
    """List the names that every backend's file defines.

    Attributes
    ----------
    KERAS_BACKEND : str
        Keras's name of the backend, for the environment variable ``KERAS_BACKEND``.
    FRAMEWORK : str
        The module that computes, such as ``torch``.
    REQUIRES : tuple of str
        The modules without which the backend can't run.
    DISTRIBUTIONS : tuple of str
        The installable packages that can provide the framework. The first one that is installed
        gives the version.
    INSTALL : str
        The command that installs the backend.
    BY_DEFAULT : bool
        Whether the backend is measured if a user asks for no contender.
    UNSUPPORTED : dict of str to str
        The workloads and passes that the backend can't run, and the reason for each of them.
    BASELINE : str
        The module whose class ``NETWORK`` does the same work without Keras; empty if there is
        none.
    PRODUCTS : str
        The module whose ``LOOPS`` and ``STREAM`` compute a step's matrix products alone, and move
        memory (see :mod:`aebench.backends.products`); empty if there is none.
    LADDER : str
        The module whose ``STEPS`` runs a Keras model's steps by the framework alone (see
        :mod:`aebench.backends.ladders`); empty if there is none.
    PROFILER : str
        The module that runs the framework's profiler and reads its traces; empty if there is none.
    PROFILE_NOTE : str
        What the profiler leaves out: a sentence without its subject, which is the profiler. Empty
        if it leaves out nothing.
    COSTS : Costs
        Rough costs for the estimate of a run.
    KEEPS_FLOAT64 : bool
        Whether Keras computes in float64 to the end where it is asked to. Elsewhere it takes the
        result of two float64 operands to be float32 (``keras/src/backend/common/dtypes.py``).
    TUNING : tuple of str
        Settings that change no result and may make the backend faster, such as ``jit,steps=32``;
        ``aebench tune`` tries them.
    SWITCHES : dict of str to dict of str to str
        Switches of the framework and its libraries, by their words: the environment variables that
        turn each on. They change no result but its rounding. Empty if none is known to matter.
    COMPILE_CACHE : dict of str to str
        Environment variables by which compiled code is kept on the disk; ``{folder}`` stands for
        the folder. Empty if the framework keeps none.
    EPOCH_END_POLLS_SECONDS : tuple of float
        Times of the polls in seconds since the input pipeline was made: an epoch's end may wait
        for the next poll (see :mod:`aebench.backends.tensorflow`). Empty if it never waits.
    """

    KERAS_BACKEND: str
    FRAMEWORK: str
    REQUIRES: tuple[str, ...]
    DISTRIBUTIONS: tuple[str, ...]
    INSTALL: str
    BY_DEFAULT: bool
    UNSUPPORTED: dict[str, str]
    BASELINE: str
    PRODUCTS: str
    LADDER: str
    PROFILER: str
    PROFILE_NOTE: str
    COSTS: Costs
    KEEPS_FLOAT64: bool
    TUNING: tuple[str, ...]
    SWITCHES: dict[str, dict[str, str]]
    COMPILE_CACHE: dict[str, str]
    EPOCH_END_POLLS_SECONDS: tuple[float, ...]

    def settings_obstacle(self, asked: Mapping[str, str]) -> str:
        """Return the reason why the backend can't use settings; empty if it can.

        Parameters
        ----------
        asked : mapping of str to str
            The settings that the user asked for: ``jit`` (``on``, ``off``), ``steps``,
            ``precision``, ``switch``.
        """

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the environment variables of a worker, set before its interpreter starts.

        Parameters
        ----------
        scratch : Path
            An empty folder of the worker's own.
        """

    def prepare(self) -> None:
        """Change the framework's settings that must be changed before a model is built, if any."""

    def wait(self, value: Any) -> None:
        """Block until every array in ``value`` has been computed."""

    def settings(self) -> dict[str, str]:
        """Return the settings in force that only the framework knows, such as its threads."""

    def precision(self, model: Any) -> str:
        """Return the precision in which float32 numbers are multiplied here, such as ``tf32``.

        Parameters
        ----------
        model : keras.Model or None
            The model: some libraries multiply more coarsely within some kinds of layers, and the
            coarsest counts. None stands for products of matrices alone.
        """

    def full_float32(self) -> None:
        """Set the framework to multiply float32 matrices in float32, on any device."""

    def full_float64(self) -> str:
        """Let the framework compute in float64; return why it can't, empty if it can.

        It holds until the process ends. Keras's own settings are not changed.
        """

    def device_peak_bytes(self) -> int | None:
        """Return the peak of the memory used on an accelerator in bytes; None if not counted."""

    def allocated_bytes(self) -> int | None:
        """Return the bytes that the framework says it holds now; None if asking isn't cheap.

        On an accelerator these are its allocator's bytes in use. Elsewhere they are the bytes of
        the arrays that are alive, if the framework keeps a list of them.
        """

    def arrays_alive(self) -> int | None:
        """Return how many of the framework's arrays are alive; None if nobody counts them."""
