"""Cutting samples into the batches that a worker goes through."""

from aebench.bench.protocol.samples import Samples


def repeated(samples: Samples, batch_size: int, least_batches: int, multiple: int = 1) -> Samples:
    """Cut samples to whole batches; repeat samples that are fewer than wanted.

    Parameters
    ----------
    samples : Samples
        One batch at least.
    batch_size : int
        Samples of a batch.
    least_batches : int
        Number of batches wanted: samples are repeated until they fill them.
    multiple : int
        The number of batches returned is a multiple of this number.

    Returns
    -------
    Samples
        Views of the arrays, without a copy, if they hold enough batches.
    """
    import numpy as np

    whole = samples.first(samples.total // batch_size * batch_size)
    times = -(-least_batches * batch_size // whole.total)
    if times > 1:
        whole = whole.changed(lambda array: np.concatenate([array] * times))
    return whole.first(whole.total // (multiple * batch_size) * multiple * batch_size)
