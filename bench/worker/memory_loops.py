"""The loops in which memory may grow, as users write them."""

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aebench.bench.protocol.loops import LOOP_BATCHES
from aebench.bench.protocol.messages.memory_loop import LoopJob
from aebench.bench.worker.cold_start import ColdStart

# Repeats a loop so many times, and calls the function after each repeat.
Loop = Callable[[int, Callable[[], object]], None]


def prepared(start: ColdStart, job: LoopJob) -> Loop:
    """Return the loop that a job names, ready to be repeated.

    Parameters
    ----------
    start : ColdStart
        The phases of this process: the framework is imported and the data are read.
    job : LoopJob
        The job.
    """
    assert start.samples is not None
    start.samples = samples = start.samples.first(LOOP_BATCHES * job.batch_size)
    batch = samples.first(job.batch_size)
    if job.loop == "build":
        return lambda repeats, each: _build(start, repeats, each)
    start.build()
    start.train(1)
    if job.loop == "epochs":
        return lambda repeats, each: _epochs(start, job.batch_size, repeats, each)
    calls = {
        "fit": lambda: start.train(LOOP_BATCHES),
        "predict": lambda: start.keras_model.predict(samples.x, job.batch_size, verbose=0),
        "predict_on_batch": lambda: start.keras_model.predict_on_batch(batch.x),
        "save": lambda: _save(start.keras_model),
    }
    return lambda repeats, each: _called(calls[job.loop], repeats, each)


def _called(call: Callable[[], Any], repeats: int, each: Callable[[], object]) -> None:
    for _ in range(repeats):
        call()
        each()


def _epochs(start: ColdStart, batch_size: int, repeats: int, each: Callable[[], object]) -> None:
    import keras

    assert start.samples is not None
    x, y, weights = start.samples
    after = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: each())
    start.keras_model.fit(
        *(x, y, batch_size), epochs=repeats, sample_weight=weights, callbacks=[after], verbose=0
    )


def _build(start: ColdStart, repeats: int, each: Callable[[], object]) -> None:
    import keras

    for _ in range(repeats):
        start.build()
        start.train(1)
        start.keras_model = None
        # It collects garbage itself, as users have it.
        keras.utils.clear_session(free_memory=gc.isenabled())
        each()


def _save(model: Any) -> None:
    import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        keras.models.load_model(path)
