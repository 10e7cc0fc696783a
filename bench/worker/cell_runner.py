"""The base of the classes that run a workload of a Keras model on the samples of a cell."""

from typing import Any

from aebench.backends.contract import Backend
from aebench.bench.protocol.samples import Samples
from aebench.bench.workloads import Workload


class CellRunner:
    """Holds what a cell's rounds need.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    backend : Backend
        The backend, which knows how to wait for a result.
    workload : Workload
        The workload.
    samples : Samples
        The samples, at least as many as one batch has.
    batch_size : int
        Number of samples per step, or per call if the workload times calls.
    """

    def __init__(
        self, model: Any, backend: Backend, workload: Workload, samples: Samples, batch_size: int
    ) -> None:
        self._model = model
        self._backend = backend
        self._workload = workload
        self._samples = samples
        self._batch_size = batch_size
        self._batches = samples.total // batch_size
