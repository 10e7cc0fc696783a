"""Plant differences in a JAX contender, and print what the parity checks make of each, as JSON."""

import contextlib
import dataclasses
import json
from unittest import mock

import keras
import numpy as np

from aebench import backends
from aebench.backends import native
from aebench.bench.campaign.passes.parity import BATCH_SIZE, oracle_results
from aebench.bench.models.autoencoder import Autoencoder, parse
from aebench.bench.models.loading import load
from aebench.bench.protocol.messages import ParityJob
from aebench.bench.protocol.samples import Samples, SampleSource
from aebench.bench.worker import parity_baseline, parity_keras
from aebench.bench.worker.passes import parity

IMAGES = np.random.default_rng(0).integers(0, 256, (400, 28, 28), dtype=np.uint8)
ROWS = np.resize(np.arange(len(IMAGES)), parity.LONG_STEPS * BATCH_SIZE)
FLOATS = (IMAGES / np.float32(255))[ROWS]
PLAIN, DROPOUT = parse("ae200"), parse("ae200-dropout")
ORACLES = {each.name: oracle_results(each, IMAGES, 0) for each in (PLAIN, DROPOUT)}
NOWHERE = SampleSource("", "")


def checks(model=PLAIN, images=FLOATS, built=None, engine="jax", building=None):
    kind = parity_keras.KerasContenderModel
    if engine != "jax":
        kind = parity_baseline.NativeContenderModel
    job = ParityJob(
        engine,
        backends.module_name(engine),
        {},
        model.description,
        0,
        0,
        NOWHERE,
        NOWHERE,
        BATCH_SIZE,
        True,
    )
    with building or contextlib.nullcontext():
        made = kind(load((built or model).description), job)
    found = parity.compare(made, model, Samples(images, images), BATCH_SIZE, ORACLES[model.name])
    return [vars(check) for check in found]


def other_weights(change):
    """Begin with weights that were changed."""
    drawn = Autoencoder.initial_weights
    return mock.patch.object(
        Autoencoder,
        "initial_weights",
        lambda form, seed: [change(each) for each in drawn(form, seed)],
    )


def other_dense(units, **changes):
    """Make the dense layers of so many units otherwise."""
    dense = keras.layers.Dense

    def made(wanted, **arguments):
        return dense(wanted, **{**arguments, **(changes if wanted == units else {})})

    return mock.patch.object(keras.layers, "Dense", made)


class Unadded(keras.layers.Dense):
    def call(self, inputs, training=None):
        return self.activation(keras.ops.matmul(inputs, self.kernel))


def unadded_bias():
    dense = keras.layers.Dense
    return mock.patch.object(
        keras.layers,
        "Dense",
        lambda units, **arguments: (Unadded if units == 25 else dense)(units, **arguments),
    )


def other_dropout(call):
    """Have dropout do something else."""
    return mock.patch.object(keras.layers.Dropout, "call", call)


def always(self, inputs, training=False):
    return (
        keras.random.dropout(inputs, self.rate, seed=self.seed_generator) if self.rate else inputs
    )


def unscaled(self, inputs, training=False):
    if not training or not self.rate:
        return inputs
    return (1 - self.rate) * keras.random.dropout(inputs, self.rate, seed=self.seed_generator)


def summed_loss():
    compiled = keras.Model.compile

    def with_sum(self, loss, **arguments):
        compiled(self, loss=keras.losses.BinaryCrossentropy(reduction="sum"), **arguments)

    return mock.patch.object(keras.Model, "compile", with_sum)


def shuffled():
    fit = keras.Model.fit
    return mock.patch.object(
        keras.Model, "fit", lambda *given, **named: fit(*given, **{**named, "shuffle": True})
    )


def main():
    jax_network = native.load("jax")
    forwards = jax_network._indices
    backwards = mock.patch.object(
        jax_network, "_indices", staticmethod(lambda *given: forwards(*given)[::-1])
    )
    undropped = mock.patch.object(jax_network, "_drop", lambda self, values, key: values)
    plants = {
        "keras ae200": (contextlib.nullcontext(), {}),
        "native ae200": (contextlib.nullcontext(), {"engine": "native-jax"}),
        "keras ae200-dropout": (contextlib.nullcontext(), {"model": DROPOUT}),
        "native ae200-dropout": (
            contextlib.nullcontext(),
            {"model": DROPOUT, "engine": "native-jax"},
        ),
        "another initialiser": (other_weights(lambda weight: 1.01 * weight), {}),
        "transposed weights": (other_weights(lambda each: each.T.reshape(each.shape)), {}),
        "a missing bias": (other_dense(25, use_bias=False), {}),
        "a bias that isn't added": (unadded_bias(), {}),
        "no ReLU after the code": (other_dense(25, activation=None), {}),
        "sum instead of mean": (summed_loss(), {}),
        "rate 1.4": (
            contextlib.nullcontext(),
            {"built": dataclasses.replace(PLAIN, learning_rate=1.4)},
        ),
        "data divided by 256": (
            contextlib.nullcontext(),
            {"images": FLOATS * np.float32(255 / 256)},
        ),
        "shuffled batches": (shuffled(), {}),
        "dropout at inference": (other_dropout(always), {"model": DROPOUT}),
        "dropout at another rate": (
            contextlib.nullcontext(),
            {"model": DROPOUT, "built": dataclasses.replace(DROPOUT, dropout=0.31)},
        ),
        "dropout without scaling": (other_dropout(unscaled), {"model": DROPOUT}),
        "one dropout layer": (
            contextlib.nullcontext(),
            {
                "model": DROPOUT,
                "building": mock.patch.object(Autoencoder, "dropout_layers", (0,)),
            },
        ),
        "dropout never on": (
            other_dropout(lambda self, inputs, training=False: inputs),
            {"model": DROPOUT},
        ),
        "native batches backwards": (backwards, {"engine": "native-jax"}),
        "native dropout never on": (
            undropped,
            {"model": DROPOUT, "engine": "native-jax"},
        ),
    }
    found = {}
    for name, (planting, how) in plants.items():
        with planting:
            found[name] = checks(**how)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
