"""Compute what a step can't do without: its matrix products, and moving its weights.

Their time is a lower bound on the time of a step: its :class:`Limit`. Activations, biases and
losses are left out: the result is no network. :mod:`aebench.backends.products` has the loops.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aebench import backends
from aebench.backends import products
from aebench.backends.contract import Costs
from aebench.backends.products import ARRAYS_OF_A_PASS, FLOAT_BYTES
from aebench.backends.products.trials import TRIAL_SECONDS, Timed, fastest_trials

# Empty, since matrix products alone have no Keras backend, framework, baseline or profiler.
KERAS_BACKEND = FRAMEWORK = BASELINE = PRODUCTS = LADDER = PROFILER = PROFILE_NOTE = ""
REQUIRES = DISTRIBUTIONS = ("numpy",)
INSTALL = "pip install numpy"
BY_DEFAULT = False
UNSUPPORTED: dict[str, str] = {}
COSTS = Costs(start_seconds=12.0, cold_start_seconds=0.0, parity_seconds=0.0, step_seconds={})
KEEPS_FLOAT64 = False
TUNING: tuple[str, ...] = ()
SWITCHES: dict[str, dict[str, str]] = {}
COMPILE_CACHE: dict[str, str] = {}
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
# Why a model that is no chain of dense layers isn't supported.
CHAINS_ALONE = "the matrix products of a step are known for chains of dense layers alone"
HOW = "matrix products alone, in a loop of the fastest library at hand"
# Memory is streamed for this long after a round, and in a trial.
_STREAM_SECONDS = 0.015


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why matrix products take no settings; empty if none are asked for."""
    return "matrix products take no settings." if asked else ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment variables of a worker: those of all libraries together."""
    merged: dict[str, str] = {}
    for name in backends.NAMES:
        if backends.load(name).PRODUCTS:
            merged |= backends.load(name).environment(scratch)
    return merged


def prepare() -> None:
    """Do nothing: the environment holds all settings."""


def wait(value: Any) -> None:
    """Do nothing: :class:`Limit` knows which library computes, and waits for it."""


def settings() -> dict[str, str]:
    """Return one setting, ``libraries``: the libraries among which the fastest is chosen."""
    return {"libraries": ", ".join(products.available())}


def precision(model: Any) -> str:
    """Return the precision of the products, ``float32``."""
    return "float32"


def full_float32() -> None:
    """Do nothing: :class:`Limit` has all libraries multiply in float32."""


def full_float64() -> str:
    """Return why there is nothing to compute in float64."""
    return "matrix products alone are no model"


def device_peak_bytes() -> int | None:
    """Return None: the memory of the products isn't measured."""
    return None


def allocated_bytes() -> int | None:
    """Return None: the memory of the products isn't measured."""
    return None


def arrays_alive() -> int | None:
    """Return None: the memory of the products isn't measured."""
    return None


class Limit:
    """The products of a step in the fastest library, and the moving of its bytes.

    Bytes are moved within two arrays as large as the model's weights: weights that a cache holds
    are moved as fast as that cache allows. What is faster still can't be had by a step, which has
    to move more than these.

    Parameters
    ----------
    shapes : sequence of (int, int)
        Number of inputs and of units, by layer.
    batch_size : int
        Samples in a batch.
    workload : str
        ``"train"`` or ``"predict"``.
    libraries : sequence of str, optional
        The backends whose libraries are tried; all installed ones by default.

    Attributes
    ----------
    library : str
        The library whose products are the fastest; empty until the libraries were timed.
    library_step_seconds : dict of str to float
        Seconds of a step's products, by library; empty until then.
    step_bytes : int
        See :func:`aebench.backends.products.least_bytes`.
    memory_bytes_per_second : dict of str to int
        How fast each library moves memory; empty until then.
    """

    def __init__(
        self,
        shapes: Sequence[tuple[int, int]],
        batch_size: int,
        workload: str,
        libraries: Sequence[str] | None = None,
    ) -> None:
        chain = products.chain(shapes, batch_size, workload)
        numbers = products.parameters(shapes)
        self._loops: dict[str, Timed] = {}
        self._streams: dict[str, Timed] = {}
        for name in libraries or products.available():
            # On an accelerator some libraries would multiply in TF32, which is no float32.
            backends.load(name).full_float32()
            wait = backends.load(name).wait
            library = products.load(name)
            self._loops |= {each: Timed(make(chain), wait) for each, make in library.LOOPS.items()}
            self._streams[name] = Timed(library.STREAM(numbers), wait)
        for work in (*self._loops.values(), *self._streams.values()):
            work.run(1)  # some compile at their first run
        self.step_bytes = products.least_bytes(shapes, batch_size, workload)
        self._pass_bytes = ARRAYS_OF_A_PASS * FLOAT_BYTES * numbers
        self.library = ""
        self.library_step_seconds: dict[str, float] = {}
        self.memory_bytes_per_second: dict[str, int] = {}

    def time_libraries(self) -> None:
        """Time all libraries in short trials, and choose the fastest."""
        self.library_step_seconds = fastest_trials(self._loops, TRIAL_SECONDS)
        self.library = min(self.library_step_seconds, key=self.library_step_seconds.__getitem__)
        self._products = self._loops[self.library]
        passes = fastest_trials(self._streams, _STREAM_SECONDS)
        self.memory_bytes_per_second = {
            name: round(self._pass_bytes / seconds) for name, seconds in passes.items()
        }
        fastest = min(passes, key=passes.__getitem__)
        self._stream = self._streams[fastest]
        self._passes = math.ceil(_STREAM_SECONDS / passes[fastest])
        self._step_passes = self.step_bytes / self._pass_bytes

    def run(self, steps: int) -> None:
        """Compute the products of ``steps`` steps, and wait for them."""
        self._products.run(steps)

    def memory_seconds(self) -> float:
        """Return the seconds that moving a step's bytes takes now, by some passes over memory."""
        self._stream.run(max(1, self._passes // 10))
        return self._stream.seconds(self._passes) / self._passes * self._step_passes
