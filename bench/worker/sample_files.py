"""Reading the samples of a job."""

from typing import Any

from aebench.bench.protocol.samples import Samples, SampleSource


def mapped(source: SampleSource) -> Samples:
    """Map the files of samples into memory.

    Frameworks get plain arrays, backed by the pages of the files.

    Parameters
    ----------
    source : SampleSource
        Paths of ``.npy`` files.
    """
    import numpy as np

    def read(path: str) -> Any:
        return np.asarray(np.load(path, mmap_mode="r"))

    return source.read(read)
