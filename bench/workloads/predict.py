"""Define the workload of prediction: whole calls of Keras's ``predict``."""

from collections.abc import Sequence
from typing import Any

from aebench.bench.workloads import WHOLE_CALL, Workload


class Predict(Workload):
    """Call Keras's ``predict`` for all samples.

    A call is what a user waits for: it holds what begins and ends it, and Keras keeps every batch's
    output until it ends.
    """

    name = "predict"
    verb = "predicts with"
    gerund = "predicting"
    description = "whole calls of predict: forward"
    timing = WHOLE_CALL
    split = "test"
    function = "predict_function"

    def run(self, model: Any, samples: Any, batch_size: int, callbacks: Sequence[Any]) -> Any:
        """Predict all samples once, and return the outputs."""
        return model.predict(samples.x, batch_size, verbose=0, callbacks=list(callbacks))

    def stop(self, model: Any) -> None:
        """End ``predict`` after the current step."""
        model.stop_predicting = True


WORKLOAD = Predict()
