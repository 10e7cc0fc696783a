"""Plant differences in a JAX contender, and print the results of the parity checks as JSON."""

import contextlib
import dataclasses
import json
from unittest import mock

import keras
import numpy as np

from aebench import backends
from aebench.backends import native
from aebench.bench.campaign.passes.parity import oracle_results
from aebench.bench.models.autoencoder import Autoencoder, parse
from aebench.bench.models.loading import load
from aebench.bench.protocol.messages.parity import ParityJob
from aebench.bench.protocol.parity_checks import INFERENCE, LONG, STEPS
from aebench.bench.protocol.samples import Samples, SampleSource
from aebench.bench.worker import parity_baseline, parity_keras
from aebench.bench.worker.passes import parity

BATCH_SIZE = 32
IMAGES = np.random.default_rng(0).integers(0, 256, (400, 28, 28), dtype=np.uint8)
FLOATS = IMAGES / np.float32(255)
PLAIN, DROPOUT = parse("ae100"), parse("ae100-dropout")
# The checks of dropout, and those of a long training, which no plant needs, are the last group.
GROUPS = (INFERENCE, STEPS, LONG)
ORACLES = {
    (model.name, group): oracle_results(model, IMAGES, 0, group, BATCH_SIZE)
    for model in (PLAIN, DROPOUT)
    for group in GROUPS
}
NOWHERE = SampleSource("", "")


def checks(
    model=PLAIN, images=FLOATS, built=None, backend="jax", building=None, groups=(INFERENCE, STEPS)
):
    kind = parity_keras.KerasContenderModel
    if backend != "jax":
        kind = parity_baseline.NativeContenderModel
    job = ParityJob(
        backend, backends.module_name(backend), {}, model.description, 0, 0, NOWHERE, NOWHERE
    )
    # A worker's masks follow its seed: unseeded, a plant was found one day and not another.
    keras.utils.set_random_seed(0)
    with building or contextlib.nullcontext():
        made = kind(load((built or model).description), job)
    samples = Samples(images, images)
    found = []
    for group in groups:
        oracle = ORACLES[model.name, group]
        found += parity.compare(made, model, samples, BATCH_SIZE, oracle, group)
        if found[0].difference:
            break  # as the parent does: other shapes can't be compared
    return [vars(check) for check in found]


def other_weights(change):
    """Return a patch that changes every initial weight by ``change``."""
    drawn = Autoencoder.initial_weights
    return mock.patch.object(
        Autoencoder,
        "initial_weights",
        lambda form, seed: [change(weight) for weight in drawn(form, seed)],
    )


def other_dense(units, **changes):
    """Return a patch that makes dense layers of ``units`` units with other arguments."""
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
    """Return a patch that replaces the call of Keras's dropout layer."""
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
    # A plant that one group of checks finds is compared by that group, after the inference that
    # every comparison begins with.
    first, random = {"groups": (INFERENCE,)}, {"model": DROPOUT, "groups": (INFERENCE, LONG)}
    plants = {
        "keras ae100": (contextlib.nullcontext(), {"groups": GROUPS}),
        "keras ae100-dropout": (contextlib.nullcontext(), {"model": DROPOUT, "groups": GROUPS}),
        "native ae100-dropout": (
            contextlib.nullcontext(),
            {"model": DROPOUT, "groups": GROUPS, "backend": "native-jax"},
        ),
        "another initialiser": (other_weights(lambda weight: 1.01 * weight), first),
        "transposed weights": (
            other_weights(lambda weight: weight.T.reshape(weight.shape)),
            first,
        ),
        "a missing bias": (other_dense(25, use_bias=False), first),
        "a bias that isn't added": (unadded_bias(), {}),
        "no ReLU after the code": (other_dense(25, activation=None), first),
        "sum instead of mean": (summed_loss(), first),
        "rate 1.4": (
            contextlib.nullcontext(),
            {"built": dataclasses.replace(PLAIN, learning_rate=1.4)},
        ),
        "data divided by 256": (
            contextlib.nullcontext(),
            {**first, "images": FLOATS * np.float32(255 / 256)},
        ),
        "shuffled batches": (shuffled(), {}),
        "dropout at inference": (other_dropout(always), {**first, "model": DROPOUT}),
        "dropout at another rate": (
            contextlib.nullcontext(),
            # 0.01 is 5 standard deviations of 50,000 draws: at the limit, found by chance.
            {**random, "built": dataclasses.replace(DROPOUT, dropout=0.33)},
        ),
        "dropout without scaling": (other_dropout(unscaled), random),
        "one dropout layer": (
            contextlib.nullcontext(),
            {**random, "building": mock.patch.object(Autoencoder, "dropout_layers", (0,))},
        ),
        "dropout never on": (
            other_dropout(lambda self, inputs, training=False: inputs),
            random,
        ),
        "native batches backwards": (backwards, {"backend": "native-jax"}),
        "native dropout never on": (
            undropped,
            {**random, "backend": "native-jax"},
        ),
    }
    found = {}
    for name, (planting, how) in plants.items():
        with planting:
            found[name] = checks(**how)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
