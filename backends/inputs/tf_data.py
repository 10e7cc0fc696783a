"""Hand samples over by ``tf.data``, with shuffling and prefetching."""

from typing import Any

PACKAGE = "tensorflow"
CODE = (
    "batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(SIZE)",
    "model.fit(batches.prefetch(tf.data.AUTOTUNE))",
)


def batches(
    parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool, workers: int
) -> Any:
    """Return a data set; see :class:`aebench.backends.inputs.InputPath`."""
    import tensorflow as tf

    whole = tf.data.Dataset.from_tensor_slices(parts)
    if shuffle:
        whole = whole.shuffle(total, reshuffle_each_iteration=True)
    return whole.batch(batch_size).prefetch(tf.data.AUTOTUNE)
