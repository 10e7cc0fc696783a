"""Cutting images into the batches that a worker goes through."""

from typing import Any


def repeated(images: Any, batch_size: int, least_batches: int, multiple: int = 1) -> Any:
    """Cut to whole batches; repeat data that are shorter than wanted.

    Parameters
    ----------
    images : ndarray
        Samples first.
    batch_size : int
        Samples of a batch, at most as many as there are.
    least_batches : int
        Repeat the images until they fill so many batches.
    multiple : int
        Return a multiple of so many batches.

    Returns
    -------
    ndarray
        The images themselves, as far as they are whole batches, if they are enough.
    """
    import numpy as np

    whole = images[: len(images) // batch_size * batch_size]
    missing = -(-least_batches * batch_size // len(whole))
    enough = whole if missing <= 1 else np.concatenate([whole] * missing)
    return enough[: len(enough) // (multiple * batch_size) * multiple * batch_size]
