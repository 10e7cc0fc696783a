"""The worker's side of the quality pass: train in full, and measure the loss on all test data."""

import base64
import time

from aebench import backends
from aebench.bench.models.loading import load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.quality import (
    BeginTraining,
    EpochTrained,
    QualityJob,
    Reconstructed,
)
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker import input_paths
from aebench.bench.worker.building import Restarts, ready
from aebench.bench.worker.evaluating import LOSS, evaluate, loss_of
from aebench.bench.worker.runtime_info import finite, runtime_info
from aebench.bench.worker.sample_files import mapped


def work(channel: Channel, job: QualityJob) -> None:
    """Train once per seed when told to. The seed decides initial weights and the order of the data.

    An answer is sent after each epoch, and the reconstructed examples after each training.
    """
    import numpy as np

    backend = backends.load(job.backend)
    model = load(job.model)
    keras_model = ready(model, job)
    channel.send(encode(runtime_info(backend, keras_model)))
    restarts = Restarts(keras_model, model, job.weights)
    batch = job.batch_size
    train, test = mapped(job.train).first(job.train_samples), mapped(job.test)
    whole = train.total // batch * batch
    receive_command(channel, BeginTraining)

    def evaluated(samples: Samples) -> dict[str, float]:
        # Not the loss that fit reports: that is a mean over an epoch in which the weights change.
        return evaluate(keras_model, samples, evaluation_batch(samples.total))

    for seed in job.seeds:
        restarts.restart(seed)
        for epoch in range(1, job.epochs + 1):
            # Backends shuffle differently from the same seed. NumPy therefore draws the order, the
            # same for every backend and model, and fit does not shuffle.
            order = np.random.default_rng([seed, epoch]).permutation(train.total)[:whole]
            shuffled = train.changed(lambda array, order=order: array[order])  # type: ignore[misc]
            input_paths.prepare(keras_model, shuffled, batch)
            began = time.perf_counter()
            history = keras_model.fit(
                shuffled.x,
                shuffled.y,
                batch,
                sample_weight=shuffled.weights,
                shuffle=False,
                verbose=0,
            )
            trained = time.perf_counter()
            metrics = evaluated(test)
            test_loss = metrics.pop(LOSS)
            row = EpochTrained(
                seed=seed,
                epoch=epoch,
                train_seconds=trained - began,
                evaluate_seconds=time.perf_counter() - trained,
                fit_loss=loss_of({name: values[-1] for name, values in history.history.items()}),
                test_loss=test_loss,
                train_loss=evaluated(train.first(test.total))[LOSS]
                if epoch == job.epochs
                else None,
                metrics=metrics,
            )
            figures = {**vars(row), **metrics}
            del figures["metrics"]
            for name, value in figures.items():
                finite(f"{name} in epoch {epoch} of seed {seed}", value)
            channel.send(encode(row))
        pixels = b""
        if job.examples:
            chosen = test.changed(lambda array: array[job.examples])
            made = keras_model.predict(chosen.x, verbose=0)
            pixels = np.rint(255 * np.asarray(made, np.float32)).astype(np.uint8).tobytes()
        channel.send(encode(Reconstructed(seed, base64.b64encode(pixels).decode())))


def evaluation_batch(samples: int) -> int:
    """Return the largest batch size up to 1,000 that divides the number of samples.

    All batches then have one size, and only one size is compiled. If the largest such divisor is
    below 50, which would be slow, 500 is returned, or the number of samples if that is smaller.
    """
    best = max(size for size in range(1, min(samples, 1000) + 1) if samples % size == 0)
    return best if best >= 50 else min(samples, 500)
