"""Define the workload of training: steps inside Keras's ``fit``."""

from collections.abc import Sequence
from typing import Any

from aebench.bench.workloads import Workload

# More epochs than any run needs: :meth:`Train.stop` ends ``fit``.
_ENDLESS = 10**9


class Train(Workload):
    """Run steps of Keras's ``fit``."""

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
            sample_weight=samples.weights,
            epochs=_ENDLESS,
            verbose=0,
            callbacks=list(callbacks),
        )

    def stop(self, model: Any) -> None:
        """End ``fit`` after the current step."""
        # A callback's ``model`` isn't used here: on JAX, reading it synchronises all weights.
        model.stop_training = True


WORKLOAD = Train()
