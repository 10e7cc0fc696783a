"""Run rounds of steps inside Keras's own ``fit`` and ``predict``.

The model's compiled step function is wrapped. The steps are therefore exactly those of Keras, with
its input pipeline and its bookkeeping. The wrapper advances a script, a generator, before each call
of the step function. There the script may read the clock, or sleep until the parent sends the next
command. No callback per batch is used: on JAX and PyTorch it would copy every step's logs to the
host.
"""

import gc
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from aebench.backends.contract import Backend
from aebench.bench.protocol.messages.speed import EpochBoundary, RoundTimes
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.cell_runner import CellRunner
from aebench.bench.worker.round_timing import no_garbage_collection
from aebench.bench.workloads import Workload

Script = Generator[None, None, None]
# The longest wait for an input pipeline to be freed. That takes about 0.3 seconds, on TensorFlow
# sometimes many seconds: see aebench.backends.tensorflow.
_LETTING_GO_SECONDS = 1.0


@contextmanager
def replaced_step(model: Any, function: str, around: Callable[..., Any]) -> Iterator[None]:
    """Make Keras call ``around(step, *arguments)`` in place of a model's compiled step.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    function : str
        The attribute that holds the step: ``train_function`` or ``predict_function``.
    around : callable
        The function to call; it must call ``step(*arguments)`` and return the result.
    """
    getattr(model, f"make_{function}")()
    step = getattr(model, function)
    setattr(model, function, lambda *arguments: around(step, *arguments))
    try:
        yield
    finally:
        setattr(model, function, step)


def epoch_clock(began_seconds: list[float]) -> Any:
    """Return a Keras callback that appends the time of each epoch's begin to ``began_seconds``."""
    import keras

    class EpochClock(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            began_seconds.append(time.perf_counter())

    return EpochClock()


class Stepper(CellRunner):
    """Runs a script inside ``fit`` or ``predict``, and advances it before each call of the step.

    The constructor is that of :class:`CellRunner`, for a workload whose rounds are counted in
    steps. The samples are a whole number of batches; if a call of the model's function runs several
    steps, they are a whole number of calls.
    """

    def __init__(
        self, model: Any, backend: Backend, workload: Workload, samples: Samples, batch_size: int
    ) -> None:
        super().__init__(model, backend, workload, samples, batch_size)
        self._steps_per_call = steps_per_call(model)
        self._steps_run = 0
        self._last_result: Any = None
        # On TensorFlow these arguments include the epoch's iterator, which can be slow to free (see
        # aebench.backends.tensorflow). This reference delays that until let_go is called.
        self._last_arguments: Any = None
        self._script_ended = False
        self.epoch_began_seconds: list[float] = []

    def run(self, script: Script) -> None:
        """Run the workload again and again until the script ends.

        Parameters
        ----------
        script : generator
            The script. It is advanced before each call of the model's function, which runs one
            step or several. After the script's end one more call is made, then the workload ends.
        """

        def around(step: Callable[..., Any], *arguments: Any) -> Any:
            if not self._script_ended:
                self._advance(script)
            self._last_arguments = arguments
            self._last_result = step(*arguments)
            self._steps_run += self._steps_per_call
            return self._last_result

        # A callback at an epoch's begin doesn't slow down the steps. Only training has epochs.
        clocks = [epoch_clock(self.epoch_began_seconds)] if self._workload.trains else []
        with replaced_step(self._model, self._workload.function, around):
            while not self._script_ended:
                self._workload.run(self._model, self._samples, self._batch_size, clocks)

    def let_go(self) -> None:
        """Free the input pipeline in a thread, and wait at most a second for the thread to end."""
        held, self._last_arguments = [self._last_arguments], None

        def drop() -> None:
            held.clear()
            gc.collect()  # the iterator is part of a reference cycle of Keras

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
        """Wait until all steps so far are computed, and return the time in seconds."""
        self._backend.wait(self._last_result)
        return time.perf_counter()

    def steps(self, count: int) -> Script:
        """Script: run ``count`` steps, which must be a whole number of calls."""
        for _ in range(count // self._steps_per_call):
            yield

    def room(self, count: int) -> Script:
        """Script: make sure that the next ``count`` steps are in one epoch, without its first call.

        If they don't fit into this epoch, its last steps and the next epoch's first call are run.
        At the begin of an epoch, the first call is run.
        """
        position = self._steps_run % self._batches
        if position == 0 or position + count >= self._batches:
            left = (self._batches - position) % self._batches
            yield from self.steps(left + self._steps_per_call)

    def round(
        self, steps: int, discarded_steps: int, answer: Callable[[RoundTimes], object]
    ) -> Script:
        """Script: time one round without garbage collection.

        The timing begins and ends when all steps so far are computed.

        Parameters
        ----------
        steps : int
            Number of timed steps, a whole number of calls. An epoch must have more steps than the
            timed and the discarded steps together.
        discarded_steps : int
            Number of discarded steps before the timed steps, a whole number of calls: the first
            steps after a pause are slow.
        answer : callable
            Called with the times of the round.
        """
        yield from self.room(discarded_steps + steps)
        with no_garbage_collection():
            called = self.clock()
            yield from self.steps(discarded_steps)
            began = self.clock()
            cpu_began = time.process_time()
            yield from self.steps(steps)
            seconds = self.clock() - began
            cpu_seconds = time.process_time() - cpu_began
        answer(RoundTimes(seconds, cpu_seconds, discarded_seconds=began - called))


def steps_per_call(model: Any) -> int:
    """Return the number of steps that a call of the model's function runs."""
    return int(model.steps_per_execution or 1)


def epoch_boundaries(
    model: Any, backend: Backend, samples: Samples, batch_size: int, count: int
) -> list[EpochBoundary]:
    """Time the boundary between one short epoch's last step and the next epoch's first step.

    Parameters
    ----------
    model : keras.Model
        A compiled model that has been trained for a step at this batch size.
    backend : Backend
        The backend, which knows how to wait for a result.
    samples : Samples
        The data of one epoch: a whole number of calls of the model's function, at least two.
    batch_size : int
        Number of samples per step.
    count : int
        Number of boundaries to time.

    Returns
    -------
    list of EpochBoundary
        One entry per boundary. If a call runs several steps, read "call" for "step".
        ``age_seconds``: from the begin of the first step of the epoch before the boundary to the
        end of its last step. ``step_seconds``: mean of that epoch's steps after the first.
        ``boundary_seconds``: the boundary. ``first_step_seconds``: the step after the boundary,
        which may wait for the input pipeline.
    """
    calls = samples.total // batch_size // steps_per_call(model)
    rows: list[EpochBoundary] = []
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
                    EpochBoundary(
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
        model.fit(
            samples.x,
            samples.y,
            batch_size,
            sample_weight=samples.weights,
            epochs=count + 1,
            verbose=0,
        )
    return rows
