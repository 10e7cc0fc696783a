"""Compute what a contender's Keras model computes, whatever the model: outputs, losses, weights.

The parent compares these results with those of other contenders and of runs in float64.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from aebench import backends
from aebench.bench.models.loading import load
from aebench.bench.protocol import parity_results as names
from aebench.bench.protocol import trees
from aebench.bench.protocol.messages.parity import ComputeResults, ParityJob, ResultsComputed
from aebench.bench.protocol.parity_checks import INFERENCE, short_steps
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker.building import build, call_once, initial_weights
from aebench.bench.worker.disturbance import changes, disturbed, largest_change
from aebench.bench.worker.initialisers import drawing_nothing
from aebench.bench.worker.random_layers import silence, without_rate
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.worker.sample_files import mapped, repeated

Array = np.ndarray[Any, Any]
# Two predictions of the same inputs may differ by the order of sums: 1e-6 on accelerators. Random
# layers make far larger differences. The share is that of the output's largest number.
_RANDOM = 1e-3


class GeneralModel:
    """The model of a job, of which results are computed for the parity pass.

    Parameters
    ----------
    job : ParityJob
        The job; its model needs no closed form.
    """

    def __init__(self, job: ParityJob) -> None:
        self._job = job
        self._backend = backends.load(job.backend)
        self._samples = mapped(job.train)
        weights = initial_weights(load(job.model), job.seed, job.weights)
        assert weights is not None, "a model without a closed form has stored weights"
        self._initial: list[Array] = weights
        self._float64 = False
        self._keras_model: Any = None
        self._trained = False
        self._optimiser_state: list[Array] = []
        self._random_outputs = False
        self._no_loss = ""

    def compute(self, command: ComputeResults) -> ResultsComputed:
        """Write the results of a command to its file, and describe them.

        Parameters
        ----------
        command : ComputeResults
            The group of results, the batch size, the file, and how to compute.

        Raises
        ------
        ValueError
            If float64 is asked for, and the backend hasn't got it.
        """
        if command.float64 and not self._float64:
            self._switch_to_float64()
        # The rates of a model that was trained are 0, and its optimiser may be any.
        if self._keras_model is None or (self._trained and command.checks == INFERENCE):
            self._build()
        found: dict[str, Any] = {
            names.WEIGHTS: np.array([weight.path for weight in self._keras_model.weights], "U"),
            names.SHAPES: np.array([str(each.shape) for each in self._weights()], "U"),
        }
        if [each.shape for each in self._weights()] == [each.shape for each in self._initial]:
            found |= self._with_changes(command)
        np.savez(command.path, **found)
        return ResultsComputed(runtime_info(self._backend, self._keras_model), self._note())

    def _with_changes(self, command: ComputeResults) -> dict[str, Any]:
        """Return the results, and the largest change of each in some draws of a disturbance."""
        results = self._results(command, self._initial)
        largest: dict[str, float] = {}
        for draw in range(command.draws):
            weights = disturbed(self._initial, [self._job.seed, draw])
            for name, value in changes(results, self._results(command, weights)).items():
                largest[name] = max(largest.get(name, 0.0), value)
        # What a step adds to a weight is known up to the rounding of the weight itself.
        for place in range(len(self._initial) if names.MOVES in results else 0):
            unit = np.spacing(np.float32(_largest(results[names.after(place)])))
            if names.move(place) in largest:
                largest[names.move(place)] = max(0.0, largest[names.move(place)] - float(unit))
        moves = {names.move(place) for place in range(len(self._initial))}
        kept = {name: values for name, values in results.items() if name not in moves}
        return kept | {names.change(name): np.array(each) for name, each in largest.items()}

    def _results(self, command: ComputeResults, weights: list[Array]) -> dict[str, Any]:
        if command.checks == INFERENCE:
            return self._inference(weights, command.batch_size)
        if not self._keras_model.compiled or without_rate(self._keras_model):
            return {}
        return self._steps(weights, command.batch_size)

    def _inference(self, weights: list[Array], batch_size: int) -> dict[str, Any]:
        """Compute outputs and losses of the first batch."""
        first = repeated(self._samples, batch_size)
        self._keras_model.set_weights(weights)
        outputs = self._outputs(first, batch_size)
        if weights is self._initial:
            again = self._outputs(first, batch_size)
            self._random_outputs = any(
                largest_change(values, again[name]) > _RANDOM * _largest(values)
                for name, values in outputs.items()
            )
        if self._random_outputs:
            return {}
        found: dict[str, Any] = {names.OUTPUTS: np.array(list(outputs), "U")}
        found |= {names.forward(place): each for place, each in enumerate(outputs.values())}
        losses = self._evaluated(first, batch_size)
        return found | ({names.LOSS: np.array(losses)} if losses else {})

    def _steps(self, weights: list[Array], batch_size: int) -> dict[str, Any]:
        """Compute the weights after one step, and the losses of a short training."""
        batches = repeated(self._samples, short_steps(batch_size) * batch_size)
        self._restart(weights)
        before = self._weights()
        self._fit(batches.first(batch_size), batch_size)
        after = self._weights()
        added = [
            np.asarray(late, np.float64) - np.asarray(early, np.float64)
            for early, late in zip(before, after, strict=True)
        ]
        self._restart(weights)
        numbers, losses = self._fit(batches, batch_size)
        return {
            **{names.after(place): each for place, each in enumerate(after)},
            **{names.move(place): each for place, each in enumerate(added)},
            names.MOVES: np.array([_largest(each) for each in added]),
            names.SHORT_STEPS: np.array(numbers),
            names.SHORT: np.array(losses),
        }

    def _outputs(self, samples: Samples, batch_size: int) -> dict[str, Array]:
        made = self._keras_model.predict(samples.x, batch_size, verbose=0)
        known = list(getattr(self._keras_model, "output_names", None) or [])
        several = made if isinstance(made, list | tuple) else [made]
        if not isinstance(made, Mapping) and len(known) == len(several):
            made = dict(zip(known, several, strict=True))
            return {name: _numbers(values) for name, values in made.items()}
        # Keys are taken in their order as texts: backends keep dictionaries in different orders.
        return {name or "output": _numbers(values) for name, values in trees.named_leaves(made)}

    def _evaluated(self, samples: Samples, batch_size: int) -> list[float]:
        """Return the losses of samples at inference; note why, if the model has none."""
        if self._no_loss or not self._keras_model.compiled:
            return []
        try:
            logs = self._keras_model.evaluate(
                samples.x,
                samples.y,
                batch_size,
                verbose=0,
                sample_weight=samples.weights,
                return_dict=True,
            )
        except (ValueError, NotImplementedError) as error:
            # A model with a train_step of its own needn't know a loss at inference.
            self._no_loss = " ".join(str(error).split())[:200] or type(error).__name__
            # On JAX a model is left without its variables by a call that failed.
            self._build()
            return []
        return _losses(logs)

    def _fit(self, samples: Samples, batch_size: int) -> tuple[list[int], list[list[float]]]:
        """Train an epoch; return numbers of steps, and Keras's losses: means since the first."""
        numbers: list[int] = []
        losses: list[list[float]] = []

        class StepLosses(keras.callbacks.Callback):  # type: ignore[misc]
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                # In a call of several steps, Keras may count steps beyond the last batch.
                numbers.append(min(batch + 1, samples.total // batch_size))
                losses.append(_losses(logs))

        self._keras_model.fit(
            samples.x,
            samples.y,
            batch_size,
            sample_weight=samples.weights,
            shuffle=False,
            verbose=0,
            callbacks=[StepLosses()],
        )
        return numbers, losses

    def _restart(self, weights: list[Array]) -> None:
        """Set weights and optimiser to the start of a training, and random layers to rate 0."""
        if self._trained and self._has_other_optimisers():
            # Their state isn't known before they are used: the model is made anew.
            self._build()
        optimiser = self._keras_model.optimizer
        if not self._trained:
            silence(self._keras_model)
            optimiser.build(self._keras_model.trainable_variables)
            self._optimiser_state = [np.array(variable) for variable in optimiser.variables]
            self._trained = True
        self._keras_model.set_weights(weights)
        for variable, value in zip(optimiser.variables, self._optimiser_state, strict=True):
            variable.assign(value)

    def _has_other_optimisers(self) -> bool:
        """Return whether the model has optimisers beside the compiled one, as pairs of nets do."""
        return any(
            isinstance(value, keras.optimizers.Optimizer)
            for name, value in vars(self._keras_model).items()
            if value is not self._keras_model.optimizer
        )

    def _build(self) -> None:
        # Names are counted per process: without this a second model's weights have other paths.
        keras.utils.clear_session()
        settings = ContenderSettings.from_dict(self._job.settings)
        if self._float64:
            keras.config.set_dtype_policy("float64")
            settings = replace(settings, precision="")
        model = load(self._job.model)
        self._keras_model = build(model, settings, self._job.seed, drawn=False)
        with drawing_nothing():
            call_once(self._keras_model, self._samples)
        self._trained = False

    def _switch_to_float64(self) -> None:
        """Compute in float64 from now on. The process has one model, and is never switched back."""
        obstacle = self._backend.full_float64()
        if obstacle:
            raise ValueError(obstacle)
        # Where Keras goes down to float32, products aren't to be in a lower precision still.
        self._backend.full_float32()
        keras.config.set_floatx("float64")
        self._float64, self._keras_model = True, None

    def _weights(self) -> list[Array]:
        return [_numbers(values) for values in self._keras_model.get_weights()]

    def _note(self) -> str:
        found: list[str] = []
        if not self._keras_model.compiled:
            found.append("the model isn't compiled, and its outputs alone are compared")
        if self._random_outputs:
            found.append("two predictions of the same inputs differ, as if a layer were random")
        layers = without_rate(self._keras_model)
        if layers:
            found.append(
                f"training isn't compared, since {layers[0]} is random and has no rate to set to 0"
            )
        if self._no_loss:
            found.append(f"the model has no loss at inference ({self._no_loss})")
        return "; ".join(found)


def _losses(logs: Mapping[str, Any]) -> list[float]:
    """Return the losses among a step's figures: ``loss``, else all with such names, else all."""
    ending = [name for name in sorted(logs) if name.endswith("loss")]
    chosen = ["loss"] if "loss" in logs else ending or sorted(logs)
    return [float(logs[name]) for name in chosen]


def _numbers(values: Any) -> Array:
    """Return a copy of numbers. NumPy itself can't store all types, such as bfloat16."""
    found = np.array(values)
    return found if found.dtype.kind in "biuf" else found.astype(np.float32)


def _largest(values: Array) -> float:
    """Return the largest magnitude; 0 if there are no numbers, or none that are finite."""
    finite = np.abs(np.asarray(values, np.float64))
    return float(np.max(finite, initial=0.0, where=np.isfinite(finite)))
