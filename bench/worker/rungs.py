"""Run the steps of a workload on each rung of the ladder: from matrix products to what users call.

All rungs of a cell are in one process, on one model: what differs between them is how its steps
are run. The rungs that are calls of Keras are in :mod:`aebench.bench.worker.rung_calls`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from aebench import backends
from aebench.backends import ladders, native, products
from aebench.backends.contract import Backend
from aebench.backends.ladders import Batch
from aebench.backends.native import gemm
from aebench.bench.models.loading import LoadedModel
from aebench.bench.protocol import rungs
from aebench.bench.protocol.messages.ladder import LadderJob, RungTimes
from aebench.bench.protocol.messages.speed import Enter
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker import baseline_rounds
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.round_timing import time_round
from aebench.bench.workloads import Workload

# Batches that lie ready; the steps take them in turn.
READY_BATCHES = 16
# Times a number of steps.
Runner = Callable[[int], RungTimes]


@dataclass(frozen=True)
class LimitedRunner:
    """A runner that can't run more than ``most_steps``."""

    run: Runner
    most_steps: int

    def __call__(self, steps: int) -> RungTimes:
        """Run so many steps."""
        return self.run(steps)


class AbsentRungError(Exception):
    """A model or a contender hasn't got a rung; the message is the reason."""


class NotForModelError(Exception):
    """A rung isn't about a model at all, and nobody misses it."""


@dataclass(frozen=True)
class LadderCell:
    """What the rungs of a cell are made of.

    Parameters
    ----------
    job : LadderJob
        The worker's job.
    model : LoadedModel
        The model.
    keras_model : keras.Model
        The model, built and compiled.
    backend : Backend
        The backend, which knows how to wait.
    workload : Workload
        The workload.
    batch_size : int
        Samples per step.
    samples, test : Samples
        The workload's samples, and the test samples.
    """

    job: LadderJob
    model: LoadedModel
    keras_model: Any
    backend: Backend
    workload: Workload
    batch_size: int
    samples: Samples
    test: Samples

    @property
    def ready(self) -> list[Samples]:
        """Return the batches that lie ready, as arrays of NumPy."""
        size = self.batch_size
        whole = repeated(self.samples.first(READY_BATCHES * size), size, 1)
        return [
            whole.changed(lambda array, first=first: array[first : first + size])  # type: ignore[misc]
            for first in range(0, whole.total, size)
        ]

    @property
    def tensors(self) -> list[Batch]:
        """Return the batches that lie ready, as tensors of the framework."""
        import keras

        convert = keras.ops.convert_to_tensor
        found = []
        for batch in self.ready:
            converted = batch.changed(convert)
            found.append(Batch(converted.x, converted.y, converted.weights))
        return found

    def timed(self, run: Callable[[int], Any]) -> Runner:
        """Return a runner of steps that are called one after the other, waited for at the end."""

        def timed(steps: int) -> RungTimes:
            discarded = max(1, steps // 4)
            times, _ = time_round(lambda count: self.backend.wait(run(count)), steps, discarded)
            return RungTimes(times.seconds, times.seconds / steps, times.cpu_seconds)

        return timed


def lower_rungs(cell: LadderCell) -> dict[str, Callable[[], Runner]]:
    """Return for each rung below Keras's own calls a function that makes its runner."""
    return {
        rungs.PRODUCTS: lambda: _products(cell),
        rungs.NATIVE_LOOP: lambda: _native(cell, loop=True),
        rungs.NATIVE_STEP: lambda: _native(cell, loop=False),
        rungs.FRAMEWORK: lambda: _framework(cell),
        **_aside(cell),
        rungs.ON_BATCH: lambda: _on_batch(cell),
    }


def _aside(cell: LadderCell) -> dict[str, Callable[[], Runner]]:
    if cell.workload.trains:
        return {rungs.FUSED: lambda: _fused(cell)}
    return {rungs.CALL: lambda: _call(cell)}


def _products(cell: LadderCell) -> Runner:
    if not cell.job.dense_shapes:
        raise AbsentRungError(gemm.CHAINS_ALONE)
    if not backends.load(cell.job.backend).PRODUCTS:
        raise AbsentRungError(f"no library of matrix products is known for {cell.job.backend}")
    loops = products.load(cell.job.backend).LOOPS
    compiled = f"{cell.job.backend}:jit"
    name = compiled if compiled in loops and cell.keras_model.jit_compile else cell.job.backend
    shapes = [(inputs, units) for inputs, units in cell.job.dense_shapes]
    kind = "train" if cell.workload.trains else "predict"
    loop = loops[name](products.chain(shapes, cell.batch_size, kind))
    return cell.timed(loop.run)


def _native(cell: LadderCell, loop: bool) -> Runner:
    backend = cell.job.backend
    own = backend in cell.model.native_functions
    if not own and (cell.model.closed_form_function is None or not _has_native(backend)):
        raise AbsentRungError(native.NOT_GIVEN)
    if loop and own:
        raise AbsentRungError("the model's own file has it with a call per step alone")
    job = replace(cell.job, backend=backends.NATIVE + backend)
    made = baseline_rounds.network(job, cell.model)
    command = Enter(cell.workload.name, cell.batch_size, 1)
    run, _ = made.begin(command, cell.workload, cell.samples.first(READY_BATCHES * cell.batch_size))

    def stepwise(steps: int) -> Any:
        result = None
        for _ in range(steps):
            result = run(1)
        return result

    def prepared(steps: int) -> RungTimes:
        # A loop of another length may have to be compiled, which isn't timed.
        for each in (steps, max(1, steps // 4)) if loop else (1,):
            made.prepare(each)
        return cell.timed(run if loop else stepwise)(steps)

    return prepared


def _has_native(backend: str) -> bool:
    return bool(backends.load(backend).BASELINE)


def _framework(cell: LadderCell) -> Runner:
    _check_own_step(cell)
    steps = ladders.load(cell.job.backend)(cell.keras_model, cell.tensors)
    return cell.timed(steps.train if cell.workload.trains else steps.predict)


def _fused(cell: LadderCell) -> Runner:
    _check_own_step(cell)
    loop = ladders.load(cell.job.backend)(cell.keras_model, cell.tensors).loop()
    if loop is None:
        raise AbsentRungError(f"{cell.job.backend} compiles no loop over steps")
    return cell.timed(loop)


def _check_own_step(cell: LadderCell) -> None:
    """Refuse a model whose class has a step of its own: only Keras's trainer runs that."""
    name = "train_step" if cell.workload.trains else "predict_step"
    mine = getattr(type(cell.keras_model), name, None)
    defined = next((each for each in type(cell.keras_model).__mro__ if name in vars(each)), None)
    if mine is None or defined is None or not defined.__module__.startswith("keras."):
        raise AbsentRungError(f"the model has a {name} of its own")


def _call(cell: LadderCell) -> Runner:
    batches = cell.tensors
    done = 0

    def run(steps: int) -> Any:
        nonlocal done
        result = None
        for _ in range(steps):
            result = cell.keras_model(batches[done % len(batches)].x)
            done += 1
        return result

    return cell.timed(run)


def _on_batch(cell: LadderCell) -> Runner:
    batches, model = cell.ready, cell.keras_model
    done = 0

    def run(steps: int) -> Any:
        nonlocal done
        result = None
        for _ in range(steps):
            batch = batches[done % len(batches)]
            done += 1
            if cell.workload.trains:
                result = model.train_on_batch(batch.x, batch.y, batch.weights)
            else:
                result = model.predict_on_batch(batch.x)
        return result

    return cell.timed(run)
