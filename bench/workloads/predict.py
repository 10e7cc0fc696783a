"""Define the workload of prediction: steps inside Keras's ``predict``."""

from collections.abc import Sequence
from typing import Any

from aebench.bench.workloads import Workload


class Predict(Workload):
    """Run steps of Keras's ``predict``."""

    name = "predict"
    verb = "predicts with"
    gerund = "predicting"
    description = "steps of predict: forward"
    split = "test"
    function = "predict_function"

    def run(self, model: Any, samples: Any, batch_size: int, callbacks: Sequence[Any]) -> None:
        """Predict all samples once."""
        model.predict(samples.x, batch_size, verbose=0, callbacks=list(callbacks))

    def stop(self, model: Any) -> None:
        """End ``predict`` after the current step."""
        model.stop_predicting = True


WORKLOAD = Predict()
