"""Read the samples of a job from their files."""

from typing import Any

from aebench.bench.protocol.samples import Samples, SampleSource


def mapped(source: SampleSource) -> Samples:
    """Map the files of samples into memory.

    The result holds plain arrays, not ``numpy.memmap``; their memory is the files' pages.

    Parameters
    ----------
    source : SampleSource
        Paths of the ``.npy`` files.
    """
    import numpy as np

    def read(path: str) -> Any:
        return np.asarray(np.load(path, mmap_mode="r"))

    return source.read(read)
