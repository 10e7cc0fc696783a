"""Training: steps inside Keras's ``fit``."""

from collections.abc import Sequence
from typing import Any

from aebench.bench.workloads import Workload

# More epochs than any run lasts: a run is ended by :meth:`Train.stop`.
_ENDLESS = 10**9


class Train(Workload):
    """Steps of ``fit``."""

    name = "train"
    verb = "trains"
    gerund = "training"
    description = "steps of fit: forward, backward, update"
    trains = True
    split = "train"
    function = "train_function"

    def run(self, model: Any, samples: Any, batch_size: int, callbacks: Sequence[Any]) -> None:
        """Train until :meth:`stop` is called."""
        model.fit(
            samples.x,
            samples.y,
            batch_size,
            epochs=_ENDLESS,
            verbose=0,
            callbacks=list(callbacks),
        )

    def stop(self, model: Any) -> None:
        """End ``fit`` after the step at hand."""
        # Not through a callback's ``model``: on JAX reading that one moves the weights.
        model.stop_training = True


WORKLOAD = Train()
