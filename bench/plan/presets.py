"""The presets: how much is measured. ``aebench list`` shows this table."""

from dataclasses import dataclass

from aebench.bench.models.autoencoder import TABLE

WORKLOADS = {
    "train": "steps of fit: forward, backward, update",
    "predict": "steps of predict: forward",
}
# What --data names beside files.
DATA = ("auto", "mnist", "fashion_mnist", "embedded")
PASSES = ("parity", "speed", "footprint", "quality", "profile", "memory")
# What a preset measures unless it says otherwise: the last two explain, and are asked for.
COMPARING = PASSES[:4]


@dataclass(frozen=True)
class Preset:
    """Sizes fixed beforehand.

    Parameters
    ----------
    models, workloads : tuple of str
        What is measured.
    batch_sizes : tuple of int
        For the speed pass; the others use the first.
    launches, blocks : int
        Sets of fresh workers, and blocks in each (raised to a balanced number).
    footprint_launches : int
        Cold starts of each contender.
    epochs, seeds : int
        For the quality pass.
    quality_train_samples : int or None
        RunOptions many training images the quality pass uses; None is all.
    baselines : bool
        Whether the frameworks without Keras, and the matrix products, are measured too.
    passes : tuple of str
        Which passes, if none are asked for.
    """

    models: tuple[str, ...]
    workloads: tuple[str, ...]
    batch_sizes: tuple[int, ...]
    launches: int
    blocks: int
    footprint_launches: int
    epochs: int
    seeds: int
    quality_train_samples: int | None
    baselines: bool = False
    passes: tuple[str, ...] = COMPARING


PRESETS = {
    "quick": Preset(TABLE[:3], ("train", "predict"), (32,), 1, 16, 1, 3, 1, 10_000),
    "standard": Preset(TABLE, ("train", "predict"), (32, 500), 5, 24, 3, 20, 1, None),
    "publish": Preset(TABLE, ("train", "predict"), (32, 500), 8, 64, 3, 20, 5, None, True),
    # The recipe that the first questions are about, whole; steps are timed by the others.
    "original": Preset(
        TABLE, ("train",), (32,), 5, 24, 3, 20, 5, None, passes=("parity", "footprint", "quality")
    ),
    # Where time and memory go: it explains, and compares nobody.
    "profile": Preset(
        TABLE[:1], ("train",), (32,), 1, 16, 1, 3, 1, None, passes=("profile", "memory")
    ),
}
