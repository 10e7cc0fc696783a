"""Hand samples over by ``tf.data``, with shuffling and prefetching."""

from typing import Any

PACKAGE = "tensorflow"
# The prefetching's own choice, which grows from one.
BATCHES_AHEAD = 16
# As in Keras's guides. A buffer is filled before an epoch's first step: with one of all samples, an
# epoch would begin late, by a time that short epochs can't tell.
_SHUFFLED_AMONG = 1024


def code(trains: bool) -> list[str]:
    """Return the lines of a user; see :class:`aebench.backends.inputs.InputPath`."""
    of, order = ("(x, y)", f".shuffle({_SHUFFLED_AMONG})") if trains else ("x", "")
    return [
        f"batches = tf.data.Dataset.from_tensor_slices({of}){order}.batch(SIZE)",
        "batches = batches.prefetch(tf.data.AUTOTUNE)",
    ]


def batches(parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool) -> Any:
    """Return a data set; see :class:`aebench.backends.inputs.InputPath`."""
    import tensorflow as tf

    whole = tf.data.Dataset.from_tensor_slices(parts)
    if shuffle:
        whole = whole.shuffle(_SHUFFLED_AMONG, reshuffle_each_iteration=True)
    return whole.batch(batch_size).prefetch(tf.data.AUTOTUNE)
