"""Time the rungs of the ladder that are calls of Keras: its step function, ``fit``, ``predict``."""

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aebench.backends import ladders
from aebench.backends.contract import Backend
from aebench.bench.protocol import rungs, trees
from aebench.bench.protocol.messages.ladder import RungTimes
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.building import ready
from aebench.bench.worker.own_samples import in_batches
from aebench.bench.worker.round_timing import no_garbage_collection, time_round
from aebench.bench.worker.rungs import (
    AbsentRungError,
    LadderCell,
    LimitedRunner,
    NotForModelError,
    Runner,
)
from aebench.bench.worker.stepping import replaced_step

# Rounds on a file's own batches need some steps, of which the first quarter isn't timed.
_LEAST_OWN_BATCHES = 8


class _StepClock:
    """Times the steps within one call, without what begins and ends the call.

    The first quarter of the steps isn't timed: the first steps after a pause are slow. After the
    last one ``stop`` is called.
    """

    def __init__(
        self, backend: Backend, steps: int, stop: Callable[[], object] | None = None
    ) -> None:
        self._backend = backend
        self._steps = steps
        self._stop = stop
        self._discarded = max(1, steps // 4)
        self._done = 0
        self._began = self._ended = 0.0

    def around(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Run a step; wait for it if the timing begins or ends with it."""
        result = step(*arguments)
        self._done += 1
        if self._done == self._discarded:
            self._backend.wait(result)
            self._began = time.perf_counter()
        if self._done == self._steps:
            self._backend.wait(result)
            self._ended = time.perf_counter()
            if self._stop:
                self._stop()
        return result

    @property
    def step_seconds(self) -> float:
        """Return the seconds of a step."""
        return (self._ended - self._began) / (self._steps - self._discarded)


def calls(cell: LadderCell) -> dict[str, Callable[[], Runner]]:
    """Return for each rung of Keras's own calls a function that makes its runner."""
    made: dict[str, Callable[[], Runner]] = {rungs.FUNCTION: lambda: _function(cell)}
    if not cell.workload.trains:
        return made | {rungs.PREDICT: lambda: _whole_call(cell, _predicting(cell))}

    def fitting(**options: Any) -> Callable[[], Runner]:
        return lambda: _whole_call(cell, _fitting(cell, cell.keras_model, **options))

    silent = {"verbose": 0, "shuffle": False}
    return made | {
        rungs.OWN_DATA: lambda: _on_own_batches(cell),
        rungs.FIT: fitting(**silent),
        rungs.DEFAULT: fitting(),
        rungs.COLLECTED: lambda: _whole_call(
            cell, _fitting(cell, cell.keras_model), collected=True
        ),
        rungs.WITHOUT_METRICS: lambda: _without_metrics(cell, silent),
        rungs.VALIDATED: lambda: _whole_call(
            cell, _fitting(cell, cell.keras_model, validation_data=_validation(cell), **silent)
        ),
        rungs.CALLBACK: lambda: _whole_call(
            cell, _fitting(cell, cell.keras_model, callbacks=[_callback()], **silent)
        ),
    }


def _function(cell: LadderCell) -> Runner:
    """Time Keras's compiled step function on batches that lie ready, within a call of Keras."""
    source = ladders.load(cell.job.backend).source(cell.tensors, cell.workload.trains)
    few = cell.samples.first(2 * cell.batch_size)

    def timed(steps: int) -> RungTimes:
        found: list[RungTimes] = []

        def around(step: Callable[..., Any], *arguments: Any) -> Any:
            *state, _ = arguments
            result: Any = None

            def run(count: int) -> None:
                nonlocal state, result
                for _ in range(count):
                    result = step(*state, source())
                    # On JAX a step takes the state of the last one.
                    state = [result[1]] if state else []
                cell.backend.wait(result)

            times, _ = time_round(run, steps, max(1, steps // 4))
            found.append(RungTimes(times.seconds, times.seconds / steps, times.cpu_seconds))
            cell.workload.stop(cell.keras_model)
            return result

        with replaced_step(cell.keras_model, cell.workload.function, around):
            cell.workload.run(cell.keras_model, few, cell.batch_size, [])
        return found[0]

    return timed


def _whole_call(
    cell: LadderCell,
    call: Callable[[int], Callable[[], Any]],
    collected: bool = False,
    model: Any = None,
    stopped: bool = False,
) -> Runner:
    """Return a runner of one whole call, whose steps are timed within it too.

    ``call`` prepares a call of so many steps; one that has more is ``stopped`` after them.
    ``collected`` leaves garbage collection on.
    """
    model = cell.keras_model if model is None else model
    stop = (lambda: cell.workload.stop(model)) if stopped else None

    def timed(steps: int) -> RungTimes:
        run = call(steps)
        clock = _StepClock(cell.backend, steps, stop)
        with (
            Path(os.devnull).open("w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            _collecting() if collected else no_garbage_collection(),
            replaced_step(model, cell.workload.function, clock.around),
        ):
            cpu_began, began = time.process_time(), time.perf_counter()
            run()
            seconds = time.perf_counter() - began
            cpu_seconds = time.process_time() - cpu_began
        return RungTimes(seconds, clock.step_seconds, cpu_seconds)

    return timed


@contextlib.contextmanager
def _collecting() -> Iterator[None]:
    """Let Python collect garbage as it does for users, who froze nothing."""
    gc.unfreeze()
    gc.collect()
    try:
        yield
    finally:
        gc.freeze()


def _fitting(cell: LadderCell, model: Any, **options: Any) -> Callable[[int], Callable[[], Any]]:
    size = cell.batch_size

    def call(steps: int) -> Callable[[], Any]:
        epoch = repeated(cell.samples, size, steps).first(steps * size)
        return lambda: model.fit(epoch.x, epoch.y, size, sample_weight=epoch.weights, **options)

    return call


def _on_own_batches(cell: LadderCell) -> Runner:
    """Time ``fit`` on the training batches of the file's ``data()``, within one epoch.

    Its last batch is left out, which may have fewer samples.
    """
    data = cell.model.data_function if cell.job.own_data else None
    batches = data()[0] if data else None
    if batches is None or not in_batches(batches):
        raise NotForModelError
    try:
        most = len(batches) - 1
    except TypeError as error:
        raise AbsentRungError("data() doesn't say how many batches an epoch has") from error
    if most < _LEAST_OWN_BATCHES:
        raise AbsentRungError(f"data() makes {most + 1} batches, too few to be timed in one epoch")
    first = next(iter(batches))
    inputs = first[0] if isinstance(first, (tuple, list)) else first
    size = len(next(trees.leaves(inputs)))
    if size != cell.batch_size:
        raise AbsentRungError(f"data() makes batches of {size}: give --batch-size {size}")

    def call(steps: int) -> Callable[[], Any]:
        from keras.src.trainers.data_adapters import get_data_adapter

        adapter = get_data_adapter(batches)

        def run() -> None:
            try:
                cell.keras_model.fit(adapter, epochs=1, verbose=0)
            finally:
                # Where fit is stopped within an epoch, Keras leaves a PyDataset's workers running.
                if enqueuer := getattr(adapter, "enqueuer", None):
                    enqueuer.stop()

        return run

    return LimitedRunner(_whole_call(cell, call, stopped=True), most)


def _predicting(cell: LadderCell) -> Callable[[int], Callable[[], Any]]:
    size = cell.batch_size

    def call(steps: int) -> Callable[[], Any]:
        whole = repeated(cell.samples, size, steps).first(steps * size)
        return lambda: cell.keras_model.predict(whole.x, size, verbose=0)

    return call


def _validation(cell: LadderCell) -> tuple[Any, ...]:
    found = cell.test.first(cell.job.validation_samples)
    return tuple(each for each in found if each is not None)


def _without_metrics(cell: LadderCell, silent: dict[str, Any]) -> Runner:
    if getattr(cell.keras_model, "_compile_metrics", None) is None:
        raise AbsentRungError("the model is compiled without metrics")
    # A model of its own: another one's compiled step would have to be made anew each time.
    model = ready(cell.model, cell.job)
    model._compile_metrics = None
    return _whole_call(cell, _fitting(cell, model, **silent), model=model)


def _callback() -> Any:
    import keras

    class AfterBatch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """Do nothing: Keras copies the losses for it all the same."""

    return AfterBatch()
