"""Cut or repeat samples to whole batches for a worker's steps."""

from aebench.bench.protocol.samples import Samples


def repeated(samples: Samples, batch_size: int, least_batches: int, multiple: int = 1) -> Samples:
    """Return samples as whole batches, repeated if there are too few of them.

    Parameters
    ----------
    samples : Samples
        The samples, at least as many as one batch has.
    batch_size : int
        Number of samples in a batch.
    least_batches : int
        Least number of batches to return. Samples are repeated until there are enough.
    multiple : int
        The number of returned batches is a multiple of this number, rounded down.

    Returns
    -------
    Samples
        Views of the arrays, not copies, if the arrays hold enough batches.
    """
    import numpy as np

    whole = samples.first(samples.total // batch_size * batch_size)
    times = -(-least_batches * batch_size // whole.total)
    if times > 1:
        whole = whole.changed(lambda array: np.concatenate([array] * times))
    return whole.first(whole.total // (multiple * batch_size) * multiple * batch_size)
