"""Compute what a user's model without Keras computes: outputs, losses, weights.

The parent compares these with what :mod:`aebench.bench.worker.general_results` computes of Keras.
"""

from typing import Any

import numpy as np

from aebench import backends
from aebench.bench.models.loading import load
from aebench.bench.protocol import parity_results as names
from aebench.bench.protocol.messages.parity import ComputeResults, ParityJob, ResultsComputed
from aebench.bench.protocol.parity_checks import INFERENCE, short_steps
from aebench.bench.worker.building import initial_weights
from aebench.bench.worker.own_network import Array, OwnNetwork
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.worker.sample_files import mapped, repeated


class NativeModel:
    """A model without Keras of a job, of which results are computed for the parity pass.

    Parameters
    ----------
    job : ParityJob
        The job.
    """

    def __init__(self, job: ParityJob) -> None:
        self._job = job
        self._model = load(job.model)
        self._samples = mapped(job.train)
        weights = initial_weights(self._model, job.seed, job.weights)
        assert weights is not None, "a model without a closed form has stored weights"
        self._initial: list[Array] = weights

    def compute(self, command: ComputeResults) -> ResultsComputed:
        """Write the results of a command to its file, and describe them.

        Raises
        ------
        ValueError
            If float64 is asked for.
        """
        if command.float64:
            raise ValueError("what has no Keras isn't computed in float64")
        network = self._made()
        before = network.weights()
        found: dict[str, Any] = {
            names.WEIGHTS: np.array([f"weight {place + 1}" for place in range(len(before))], "U"),
            names.SHAPES: np.array([str(each.shape) for each in before], "U"),
        }
        if [each.shape for each in before] == [each.shape for each in self._initial]:
            results = self._inference if command.checks == INFERENCE else self._steps
            found |= results(network, command.batch_size)
        np.savez(command.path, **found)
        how = f"native_{backends.backend_name(self._job.backend)}() of the model's file"
        runtime = runtime_info(backends.load(self._job.backend), None, {"how": how})
        return ResultsComputed(runtime, "")

    def _made(self) -> OwnNetwork:
        return OwnNetwork(self._model, self._job.backend, self._initial)

    def _inference(self, network: OwnNetwork, batch_size: int) -> dict[str, Any]:
        (first,) = network.batches(repeated(self._samples, batch_size), batch_size)
        outputs = network.outputs(first)
        return {
            names.OUTPUTS: np.array(list(outputs), "U"),
            names.LOSS: np.array([network.loss(first)]),
            **{names.forward(place): each for place, each in enumerate(outputs.values())},
        }

    def _steps(self, network: OwnNetwork, batch_size: int) -> dict[str, Any]:
        count = short_steps(batch_size)
        batches = network.batches(repeated(self._samples, count * batch_size), batch_size)
        network.step(batches[0])
        after = network.weights()
        added = [
            np.asarray(late, np.float64) - np.asarray(early, np.float64)
            for early, late in zip(self._initial, after, strict=True)
        ]
        again = self._made()
        losses = [again.step_loss(batch) for batch in batches]
        # Keras tells the mean of the losses since the first step.
        means = np.cumsum(losses) / np.arange(1, count + 1)
        return {
            **{names.after(place): each for place, each in enumerate(after)},
            names.MOVES: np.array([_largest(each) for each in added]),
            names.SHORT_STEPS: np.arange(1, count + 1),
            names.SHORT: means[:, None],
        }


def _largest(values: Array) -> float:
    return float(np.max(np.abs(values), initial=0.0))
