"""Rounds of steps inside Keras's own ``fit`` and ``predict``.

The model's compiled step function is wrapped, so that the steps are Keras's own, over its own input
path and with its own bookkeeping, as between the ends of an epoch. The wrapper runs a script, a
generator that advances once per step: between two steps the script may read the clock, or give
the turn away and sleep until it comes back. No batch-level callback is involved: on JAX and
PyTorch such a callback would fetch every step's logs to the host.
"""

import gc
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from aebench.backends import Backend
from aebench.bench.protocol.messages import RoundTimes, ShortEpoch
from aebench.bench.protocol.samples import Samples
from aebench.bench.workloads import Workload

Script = Generator[None, None, None]
# Dropping takes a third of a second, on TensorFlow sometimes many (see aebench.backends.tensorflow).
_LETTING_GO_SECONDS = 1.0


@contextmanager
def replaced_step(model: Any, function: str, around: Callable[..., Any]) -> Iterator[None]:
    """Replace the compiled step of a model: Keras calls ``around(step, *arguments)`` instead.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    function : str
        The attribute that holds the step: ``train_function`` or ``predict_function``.
    around : callable
        Must return what ``step(*arguments)`` returns.
    """
    getattr(model, f"make_{function}")()
    step = getattr(model, function)
    setattr(model, function, lambda *arguments: around(step, *arguments))
    try:
        yield
    finally:
        setattr(model, function, step)


def epoch_clock(began_seconds: list[float]) -> Any:
    """Make a callback that notes when each epoch begins; epoch hooks cost the steps nothing."""
    import keras

    class EpochClock(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            began_seconds.append(time.perf_counter())

    return EpochClock()


class Stepper:
    """Runs a script inside ``fit`` or ``predict``.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    backend : Backend
        Knows how to wait for a result.
    workload : Workload
        One that times steps.
    samples : Samples
        A whole number of batches, and of calls where a call of the model's function runs several
        steps.
    batch_size : int
        Samples per step.
    """

    def __init__(
        self, model: Any, backend: Backend, workload: Workload, samples: Samples, batch_size: int
    ) -> None:
        self._model = model
        self._backend = backend
        self._workload = workload
        self._samples = samples
        self._batch_size = batch_size
        self._batches = samples.total // batch_size
        self._steps_per_call = steps_per_call(model)
        self._steps_run = 0
        self._last_result: Any = None
        # On TensorFlow this is the epoch's iterator, which is slow to let go of (see
        # aebench.backends.tensorflow): holding it keeps that wait out of the pauses between cells.
        self._last_arguments: Any = None
        self._script_ended = False
        self.epoch_began_seconds: list[float] = []

    def run(self, script: Script) -> None:
        """Run the workload, over and over, until the script ends.

        Parameters
        ----------
        script : generator
            Advanced before each call of the model's function, which is a step or several; when it
            ends, one more call is made and that is all.
        """

        def around(step: Callable[..., Any], *arguments: Any) -> Any:
            if not self._script_ended:
                self._advance(script)
            self._last_arguments = arguments
            self._last_result = step(*arguments)
            self._steps_run += self._steps_per_call
            return self._last_result

        # An epoch hook costs the steps nothing; where nothing has epochs there is no hook.
        clocks = [epoch_clock(self.epoch_began_seconds)] if self._workload.trains else []
        with replaced_step(self._model, self._workload.function, around):
            while not self._script_ended:
                self._workload.run(self._model, self._samples, self._batch_size, clocks)

    def let_go(self) -> None:
        """Drop the input path; one that is slow about it is left to a thread."""
        held, self._last_arguments = [self._last_arguments], None

        def drop() -> None:
            held.clear()
            gc.collect()  # Keras holds the iterator in a cycle

        thread = threading.Thread(target=drop, daemon=True)
        thread.start()
        thread.join(_LETTING_GO_SECONDS)

    def _advance(self, script: Script) -> None:
        try:
            next(script)
        except StopIteration:
            self._script_ended = True
            self._workload.stop(self._model)

    def clock(self) -> float:
        """Wait until the steps so far are done, and read the clock, in seconds."""
        self._backend.wait(self._last_result)
        return time.perf_counter()

    def steps(self, count: int) -> Script:
        """Let ``count`` steps run: whole calls."""
        for _ in range(count // self._steps_per_call):
            yield

    def room(self, count: int) -> Script:
        """Run into the next epoch, one call far, unless ``count`` steps fit into this one."""
        position = self._steps_run % self._batches
        if position == 0 or position + count >= self._batches:
            left = (self._batches - position) % self._batches
            yield from self.steps(left + self._steps_per_call)

    def round(
        self, steps: int, discarded_steps: int, answer: Callable[[RoundTimes], object]
    ) -> Script:
        """Time one round, garbage collection off and the device awaited at both ends.

        Parameters
        ----------
        steps : int
            How many are timed; with the lead they must be fewer than an epoch's.
        discarded_steps : int
            How many are run before, untimed: caches are cold after a pause. Both are whole calls.
        answer : callable
            Is given what the round took.
        """
        yield from self.room(discarded_steps + steps)
        gc.collect()
        gc.disable()
        try:
            called = self.clock()
            yield from self.steps(discarded_steps)
            began = self.clock()
            cpu_began = time.process_time()
            yield from self.steps(steps)
            seconds = self.clock() - began
            cpu_seconds = time.process_time() - cpu_began
        finally:
            gc.enable()
        answer(RoundTimes(seconds, cpu_seconds, discarded_seconds=began - called))


def steps_per_call(model: Any) -> int:
    """Tell how many steps a call of the model's function runs."""
    return int(model.steps_per_execution or 1)


def short_epochs(
    model: Any, backend: Backend, samples: Samples, batch_size: int, count: int
) -> list[ShortEpoch]:
    """Time the ends of short epochs of ``fit``.

    Parameters
    ----------
    model : keras.Model
        A compiled model that has been trained for a step at this batch size.
    backend : Backend
        Knows how to wait for a result.
    samples : Samples
        One epoch's data: a whole number of calls of the model's function, two at least.
    batch_size : int
        Samples per step.
    count : int
        How many epochs' ends to time.

    Returns
    -------
    list of ShortEpoch
        Per epoch, in seconds: ``age_seconds`` from its first step's begin to its last step's end,
        ``step_seconds`` of an ordinary step in it, ``boundary_seconds`` from its last step's end to
        the next epoch's first step, ``first_step_seconds`` of that one, which may have to wait for
        the input path. Where a call runs several steps, a step here is a call.
    """
    calls = samples.total // batch_size // steps_per_call(model)
    rows: list[ShortEpoch] = []
    calls_made = 0
    first_began = first_ended = last_ended = 0.0

    def around(step: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal calls_made, first_began, first_ended, last_ended
        position = calls_made % calls
        entered = time.perf_counter()
        result = step(*arguments)
        if position in (0, calls - 1):
            backend.wait(result)
        if position == 0:
            left = time.perf_counter()
            if calls_made:
                rows.append(
                    ShortEpoch(
                        age_seconds=last_ended - first_began,
                        step_seconds=(last_ended - first_ended) / (calls - 1),
                        boundary_seconds=entered - last_ended,
                        first_step_seconds=left - entered,
                    )
                )
            first_began, first_ended = entered, left
        elif position == calls - 1:
            last_ended = time.perf_counter()
        calls_made += 1
        return result

    with replaced_step(model, "train_function", around):
        model.fit(samples.x, samples.y, batch_size, epochs=count + 1, verbose=0)
    return rows
