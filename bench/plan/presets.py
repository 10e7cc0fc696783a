"""The presets: how much a run measures. ``aebench list`` shows them as a table."""

from dataclasses import dataclass, replace

from aebench.bench.models.autoencoder import TABLE

PASSES = ("parity", "speed", "footprint", "quality", "ladder", "profile", "memory")
# The usual passes of a preset. The others explain results, and run only if asked for.
COMPARING = PASSES[:4]
# Short epochs measure the cost of an epoch's end in this many launches. The cost varies little from
# process to process: more launches would hardly narrow its confidence interval.
LAUNCHES_WITH_SHORT_EPOCHS = 3
# Each contender's round takes about this long by its own step time: nobody's speed sets another's
# work. Ratios are of seconds per step. In rounds of 0.12 s what begins and ends a round was several
# per cent of it, and not the same share for all backends: see docs/method/speed.md.
ROUND_SECONDS = 0.4
LEAST_ROUND_SECONDS, MOST_ROUND_SECONDS = 0.05, 60.0
LEAST_STEPS = 3
# The cells of a launch take turns of so many blocks: blocks that are spread over a launch tell more
# of it than as many in a row. A turn begins with a warm-up, so that shorter turns cost more.
BLOCKS_A_TURN = 8
# The most launches of a cell that ends when enough is known, unless --launches says otherwise.
MOST_LAUNCHES = 12
# How rules, margins and batch sizes are written on the command line, for the help texts.
UNTIL_SYNTAX = "decided, or a width such as 3%"
MARGIN_SYNTAX = "--margin 10, or --margin 1 3 for different beyond 1 % and the same within 3 %"
BATCH_SIZE_SYNTAX = "32 500, or by workload: train=32,500 predict=1"


@dataclass(frozen=True)
class Sizes:
    """How much of one workload the speed pass measures.

    Parameters
    ----------
    workload : str
        Its name.
    batch_sizes : tuple of int
        Numbers of samples per step; each of them makes one cell.
    launches, blocks : int
        The number of launches, and of blocks in each launch.
    """

    workload: str
    batch_sizes: tuple[int, ...]
    launches: int
    blocks: int


@dataclass(frozen=True)
class Preset:
    """The models, passes and sizes of a run that are fixed under one name.

    Parameters
    ----------
    models : tuple of str
        Names of the models.
    sizes : tuple of Sizes
        The workloads of the speed pass in their order, with their sizes. A workload that isn't
        among them takes the sizes of the first.
    footprint_launches : int
        Number of cold starts of a contender in the footprint pass.
    epochs, seeds : int
        Numbers of epochs and of seeds in the quality pass.
    quality_train_samples : int or None
        Number of training samples in the quality pass; None uses all.
    baselines : bool
        Whether the frameworks without Keras, and matrix products alone, are measured too.
    passes : tuple of str
        The passes that run if the user names none.
    quality_steps : int or None
        Number of training steps in the quality pass, which has as many whole epochs as come nearest
        to it, at most ``epochs``; None for all ``epochs``.
    quality_steps_elsewhere : int or None
        The same where no model is an autoencoder: nothing else has to leave a plateau first.
    measured_in_full : int or None
        Number of the first models that all contenders measure in all passes; the reference alone
        trains the others, and nothing else is measured or checked of them. None for all models.
    """

    models: tuple[str, ...]
    sizes: tuple[Sizes, ...]
    footprint_launches: int
    epochs: int
    seeds: int
    quality_train_samples: int | None
    baselines: bool = False
    passes: tuple[str, ...] = COMPARING
    quality_steps: int | None = None
    quality_steps_elsewhere: int | None = None
    measured_in_full: int | None = None

    def epochs_of(self, train_samples: int, batch_size: int, autoencoders: bool) -> int:
        """Return the number of epochs in the quality pass.

        Parameters
        ----------
        train_samples : int
            The samples of an epoch.
        batch_size : int
            The samples of a step.
        autoencoders : bool
            Whether a model is an autoencoder of the built-in family.
        """
        steps = self.quality_steps if autoencoders else self.quality_steps_elsewhere
        if steps is None:
            return self.epochs
        steps_of_epoch = max(1, train_samples // batch_size)
        return max(1, min(self.epochs, round(steps / steps_of_epoch)))

    @property
    def workloads(self) -> tuple[str, ...]:
        """Return the names of the workloads."""
        return tuple(sizes.workload for sizes in self.sizes)

    def sizes_of(self, workload: str) -> Sizes:
        """Return the sizes of a workload; those of the first if the preset has none for it."""
        for sizes in self.sizes:
            if sizes.workload == workload:
                return sizes
        return replace(self.sizes[0], workload=workload)


def _both(
    batch_sizes: tuple[int, ...], launches: int, blocks: int, blocks_of_calls: int
) -> tuple[Sizes, ...]:
    """Return the sizes for training and for prediction.

    A whole call of ``predict`` takes several times as long as a round of training, and is the mean
    of as many more steps: fewer blocks tell a launch's mean as well.
    """
    return (
        Sizes("train", batch_sizes, launches, blocks),
        Sizes("predict", batch_sizes, launches, blocks_of_calls),
    )


PRESETS = {
    # Trainings leave the plateau of the mean image after 600 to 1,250 steps at batch 32. One model
    # shows how backends differ, and that they train to the same losses; one backend shows how the
    # losses of models differ.
    "quick": Preset(
        TABLE[:3],
        _both((32,), 3, 6, 2),
        1,
        20,
        1,
        10_000,
        quality_steps=2_500,
        # Four epochs of the built-in models' samples: of a convolution on PyTorch, 20 took longer
        # than all else.
        quality_steps_elsewhere=500,
        measured_in_full=1,
    ),
    "standard": Preset(TABLE, _both((32, 500), 5, 16, 4), 3, 20, 1, None),
    # More blocks would add little: launches differ by 2 to 5 % at batch 32.
    "publish": Preset(TABLE, _both((32, 500), 8, 16, 4), 3, 20, 5, None, True),
    # Full trainings without the speed pass. The other presets time single steps of such trainings.
    "original": Preset(
        TABLE,
        (Sizes("train", (32,), 5, 16),),
        3,
        20,
        5,
        None,
        passes=("parity", "footprint", "quality"),
    ),
    # Shows where time and memory go; it compares no contenders. The sizes are those of the ladder.
    "profile": Preset(
        TABLE[:1], _both((32, 500), 3, 4, 4), 1, 3, 1, None, passes=("profile", "memory")
    ),
}
