"""What parent and worker both do in the parity pass: its groups of checks, and their sizes."""

# The groups of checks. Inference and steps are compared at every batch size that is ranked.
INFERENCE, STEPS, LONG = "inference", "steps", "long"
SHORT_STEPS, LONG_STEPS = 10, 100
# Large batches are trained for fewer steps, so that their samples fit into memory.
_MOST_SHORT_SAMPLES, _FEWEST_SHORT_STEPS = 20_000, 2
LONG_LEARNING_RATE = 0.1
# The long training and the masks are compared at this size alone, whatever sizes are ranked: at
# 500 a hundred steps are 16 times the work, and the ten steps at each size show what depends on it.
LONG_BATCH_SIZE = 32
MASKS = 200


def short_steps(batch_size: int) -> int:
    """Return the number of steps of the short training at a batch size."""
    return max(_FEWEST_SHORT_STEPS, min(SHORT_STEPS, _MOST_SHORT_SAMPLES // batch_size))
