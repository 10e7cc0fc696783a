"""The groups of checks of the parity pass and their sizes, which parent and worker both use."""

# The groups of checks. INFERENCE and STEPS are checked at every batch size that is measured.
INFERENCE, STEPS, LONG = "inference", "steps", "long"
SHORT_STEPS, LONG_STEPS = 10, 100
# Large batches are trained for fewer steps, so that their samples fit into memory.
_MOST_SHORT_SAMPLES, _FEWEST_SHORT_STEPS = 20_000, 2
LONG_LEARNING_RATE = 0.1
# The long training and the dropout masks are checked at this batch size alone. A hundred steps at
# batch size 500 would be 16 times the work, and the ten steps of the short training at every batch
# size show whether the size matters.
LONG_BATCH_SIZE = 32
MASKS = 200


def short_steps(batch_size: int) -> int:
    """Return the number of steps of the short training at a batch size."""
    return max(_FEWEST_SHORT_STEPS, min(SHORT_STEPS, _MOST_SHORT_SAMPLES // batch_size))
