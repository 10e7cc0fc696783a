"""The presets: how much is measured. ``aebench list`` shows this table."""

from dataclasses import dataclass, replace

from aebench.bench.models.autoencoder import TABLE

PASSES = ("parity", "speed", "footprint", "quality", "profile", "memory")
# What a preset measures unless it says otherwise: the last two explain, and are asked for.
COMPARING = PASSES[:4]
# The cost of an epoch's end varies little from process to process: in more launches its
# measurement would be overhead.
LAUNCHES_WITH_SHORT_EPOCHS = 3
# How batch sizes are written, for the help.
BATCH_SIZE_SYNTAX = "32 500, or by workload: train=32,500 predict=1"


@dataclass(frozen=True)
class Sizes:
    """How much of one workload the speed pass measures.

    Parameters
    ----------
    workload : str
        Its name.
    batch_sizes : tuple of int
        Samples per step, for each cell.
    launches, blocks : int
        Sets of fresh workers, and blocks in each (raised to a balanced number).
    """

    workload: str
    batch_sizes: tuple[int, ...]
    launches: int
    blocks: int


@dataclass(frozen=True)
class Preset:
    """Sizes fixed beforehand.

    Parameters
    ----------
    models : tuple of str
        What is measured.
    sizes : tuple of Sizes
        For the speed pass, the workloads in their order. A workload that isn't among them has the
        sizes of the first.
    footprint_launches : int
        Cold starts of each contender.
    epochs, seeds : int
        For the quality pass.
    quality_train_samples : int or None
        How many training samples the quality pass uses; None is all.
    baselines : bool
        Whether the frameworks without Keras, and the matrix products, are measured too.
    passes : tuple of str
        Which passes, if none are asked for.
    """

    models: tuple[str, ...]
    sizes: tuple[Sizes, ...]
    footprint_launches: int
    epochs: int
    seeds: int
    quality_train_samples: int | None
    baselines: bool = False
    passes: tuple[str, ...] = COMPARING

    @property
    def workloads(self) -> tuple[str, ...]:
        """Return the names of the workloads."""
        return tuple(sizes.workload for sizes in self.sizes)

    def sizes_of(self, workload: str) -> Sizes:
        """Return the sizes of a workload, also of one that the preset doesn't measure unasked."""
        for sizes in self.sizes:
            if sizes.workload == workload:
                return sizes
        return replace(self.sizes[0], workload=workload)


def _both(batch_sizes: tuple[int, ...], launches: int, blocks: int) -> tuple[Sizes, ...]:
    """Measure training and prediction alike."""
    return tuple(Sizes(name, batch_sizes, launches, blocks) for name in ("train", "predict"))


PRESETS = {
    "quick": Preset(TABLE[:3], _both((32,), 1, 16), 1, 3, 1, 10_000),
    "standard": Preset(TABLE, _both((32, 500), 5, 24), 3, 20, 1, None),
    # Training is what the published reports are about; prediction takes fewer blocks there.
    "publish": Preset(
        TABLE,
        (Sizes("train", (32, 500), 8, 64), Sizes("predict", (32, 500), 5, 24)),
        3,
        20,
        5,
        None,
        True,
    ),
    # The full training that the first questions are about; other presets time its steps.
    "original": Preset(
        TABLE,
        (Sizes("train", (32,), 5, 24),),
        3,
        20,
        5,
        None,
        passes=("parity", "footprint", "quality"),
    ),
    # Where time and memory go: it explains, and compares no contenders.
    "profile": Preset(
        TABLE[:1], (Sizes("train", (32,), 1, 16),), 1, 3, 1, None, passes=("profile", "memory")
    ),
}
