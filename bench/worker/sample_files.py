"""Read the samples of a job from their files."""

from typing import Any

from aebench.bench.protocol.samples import Samples, SampleSource


def mapped(source: SampleSource) -> Samples:
    """Map the files of samples into memory.

    The returned arrays are plain arrays, not ``numpy.memmap``. The files are mapped, not copied.

    Parameters
    ----------
    source : SampleSource
        Paths of the ``.npy`` files.
    """
    import numpy as np

    def read(path: str) -> Any:
        return np.asarray(np.load(path, mmap_mode="r"))

    return source.read(read)


def repeated(samples: Samples, count: int) -> Samples:
    """Return ``count`` samples from the first on; after the last sample the first follows again."""
    import numpy as np

    rows = np.resize(np.arange(samples.total), count)
    return samples.changed(lambda array: array[rows])
