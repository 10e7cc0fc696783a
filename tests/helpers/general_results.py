"""Compute the parity pass's results of small models and their planted variants, on one backend.

Run as ``python general_results.py FOLDER`` with KERAS_BACKEND set: the files are written to the
folder. With ``weights`` after the folder, the data and initial weights are written in their place.
"""

import sys
from pathlib import Path

import keras
import numpy as np

from aebench import backends
from aebench.bench.models import loading
from aebench.bench.protocol.messages.parity import ComputeResults, ParityJob
from aebench.bench.protocol.parity_checks import INFERENCE, STEPS
from aebench.bench.protocol.samples import SampleSource
from helpers.small_model_names import (
    ADAM,
    AUGMENTED,
    DROPOUT,
    KINDS,
    ORIGINAL,
    PLANTED,
    PLANTED_ON,
    WEIGHTS,
    WITH_DROPOUT,
    path,
)

GROUPS = (INFERENCE, STEPS)
BATCH_SIZE, SAMPLES, DRAWS = 16, 64, 3


def write_inputs(folder):
    """Write data, initial weights, and weights of another initialiser, for every kind of model."""
    generator = np.random.default_rng(0)
    for kind in KINDS:
        model = loading.load(description(kind)).build()
        shape = (SAMPLES, *model.input_shape[1:])
        x = generator.normal(size=shape).astype("float32")
        if kind == "attention":
            # Of 50 ids, every batch has many more than once.
            x = generator.integers(0, 50, shape).astype("int32")
        np.save(folder / f"{kind}-x.npy", x)
        np.save(folder / f"{kind}-y.npy", generator.normal(size=(SAMPLES, 3)).astype("float32"))
        weights = model.get_weights()
        for name, factor in ((ORIGINAL, 1.0), (WEIGHTS, 1.01)):
            place = folder / f"{kind}-weights-{name}"
            place.mkdir()
            arrays = {str(n): (each * factor).astype("float32") for n, each in enumerate(weights)}
            np.savez(place / "0.npz", **arrays)


def description(kind, **parameters):
    where = str(Path(__file__).with_name("small_models.py"))
    return loading.describe(kind, where, {"kind": kind, **parameters})


def job(folder, kind, weights=ORIGINAL, **parameters):
    name = keras.backend.backend()
    data = SampleSource(str(folder / f"{kind}-x.npy"), str(folder / f"{kind}-y.npy"))
    return ParityJob(
        backend=name,
        module=backends.module_name(name),
        settings={},
        model=description(kind, **parameters),
        threads=0,
        seed=0,
        train=data,
        test=data,
        weights=str(folder / f"{kind}-weights-{weights}"),
    )


def main(folder):
    from aebench.bench.worker.general_results import GeneralModel

    mine = folder / keras.backend.backend()
    mine.mkdir()

    def compute(model, kind, variant, float64=False, draws=0, groups=GROUPS):
        for group in groups:
            file = path(mine, kind, variant, group, float64)
            answer = model.compute(ComputeResults(BATCH_SIZE, group, str(file), float64, draws))
            print(kind, variant, group, answer.runtime.settings["precision"], answer.note)

    # In float32 first: the switch to float64 is for the whole process.
    originals = {kind: GeneralModel(job(folder, kind)) for kind in KINDS}
    embedding = GeneralModel(job(folder, "attention", optimiser="adam"))
    for kind, model in originals.items():
        compute(model, kind, ORIGINAL, draws=DRAWS)
        if keras.backend.backend() == PLANTED_ON:
            for planted in PLANTED:
                made = GeneralModel(job(folder, kind, planted=planted))
                compute(made, kind, planted, groups=(INFERENCE,))
            made = GeneralModel(job(folder, kind, WEIGHTS))
            compute(made, kind, WEIGHTS, groups=(INFERENCE,))
    compute(GeneralModel(job(folder, WITH_DROPOUT, dropout=0.5)), WITH_DROPOUT, DROPOUT)
    augmented = GeneralModel(job(folder, "convolution", augmented=True))
    compute(augmented, "convolution", AUGMENTED)
    compute(embedding, "attention", ADAM, draws=DRAWS)
    for kind, model in originals.items():
        compute(model, kind, ORIGINAL, float64=True)
    compute(embedding, "attention", ADAM, float64=True)


if __name__ == "__main__":
    write_inputs(Path(sys.argv[1])) if "weights" in sys.argv else main(Path(sys.argv[1]))
