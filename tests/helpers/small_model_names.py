"""The names of the small models, their planted variants and the files of their results."""

from pathlib import Path

KINDS = ("convolution", "lstm", "attention")
# Variants: an original, the same of other weights, of another optimiser, with random layers.
ORIGINAL, WEIGHTS, ADAM, DROPOUT, AUGMENTED = "", "other weights", "adam", "dropout", "augmented"
# The kind that has layers of dropout too: setting their rates to 0 is the same for every kind.
WITH_DROPOUT = "attention"
# What small_models.py plants, in its words.
TRANSPOSED, REVERSED = "transposed input", "reversed steps"
EPSILON, SUMMED, TRAINING = "other epsilon", "sum for mean", "left in training mode"
# The backend on which mistakes are planted: they are the model's, and it compiles nothing.
PLANTED_ON = "torch"
PLANTED = (TRANSPOSED, REVERSED, EPSILON, SUMMED, TRAINING)


def path(folder, kind, variant, group, float64):
    """Return the path of a variant's results of a group of checks, in float32 or float64."""
    return Path(folder) / f"{kind}-{variant}-{group}-{'64' if float64 else '32'}.npz"
