"""Build a Keras model from its description, with the contender's settings."""

import contextlib
from pathlib import Path
from typing import Any

from aebench import backends
from aebench.bench.models.loading import LoadedModel, ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.messages.every_pass import Job
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.quoting import shortly
from aebench.bench.worker import input_paths
from aebench.bench.worker.framework import seed_random
from aebench.bench.worker.initialisers import drawing_nothing
from aebench.bench.worker.sample_files import mapped

# The name that Keras gives to the state of a generator of random numbers.
_RANDOM_STATE = "seed_generator_state"


def build(model: LoadedModel, settings: ContenderSettings, seed: int, drawn: bool = True) -> Any:
    """Build and compile a model with the settings of a contender.

    Parameters
    ----------
    model : LoadedModel
        The model to build.
    settings : ContenderSettings
        The contender's settings. A precision becomes Keras's dtype policy in the whole process. The
        number of steps per call replaces the number that the model's file sets.
    seed : int
        The seed of the weights that Keras's initialisers draw.
    drawn : bool
        Whether they draw. They needn't where given weights take their place at once.

    Returns
    -------
    keras.Model
        The model; whether it is compiled is up to its file.

    Raises
    ------
    ModelError
        If the model's file returns something other than a Keras model.
    """
    import keras

    if settings.precision:
        keras.config.set_dtype_policy(settings.precision)
    backend = backends.load_in_use(keras.backend.backend())
    backend.prepare()
    if settings.precision == "float32":
        backend.full_float32()
    if model.closed_form_function is None:
        seed_random(seed)
    with contextlib.nullcontext() if drawn else drawing_nothing():
        keras_model = model.build()
    # Keras reads both attributes later, when it makes the step: nothing needs to be compiled again.
    if settings.jit is not None:
        keras_model.jit_compile = settings.jit
    keras_model.steps_per_execution = settings.steps
    input_paths.use(keras_model, settings)
    return keras_model


def initial_weights(model: LoadedModel, seed: int, folder: str) -> list[Any] | None:
    """Return the initial weights of a seed, equal on all backends.

    Parameters
    ----------
    model : LoadedModel
        The model.
    seed : int
        The seed.
    folder : str
        The folder of the weights; see :class:`aebench.bench.protocol.messages.every_pass.Job`.

    Returns
    -------
    list of ndarray or None
        The weights in the order of Keras's ``get_weights``; None if they are known nowhere, and
        Keras's initialisers draw them.
    """
    if not folder:
        return model.initial_weights(seed)
    import numpy as np

    with np.load(Path(folder) / f"{seed}.npz", allow_pickle=False) as arrays:
        return [arrays[str(number)] for number in range(len(arrays.files))]


def set_initial_weights(keras_model: Any, model: LoadedModel, seed: int, folder: str) -> None:
    """Set the initial weights of a seed, unless they are known nowhere.

    Raises
    ------
    ModelError
        If the model has other weights here than the initial weights are for.
    """
    weights = initial_weights(model, seed, folder)
    if weights is None:
        return
    try:
        keras_model.set_weights(weights)
    except ValueError as error:
        raise ModelError(
            f"the model {model.name} has other weights on this backend than on the one that drew "
            f"the initial weights: {shortly(str(error))}."
        ) from error


class Restarts:
    """Resets a model before each of several trainings.

    Parameters
    ----------
    keras_model : keras.Model
        The model that :func:`build` returned.
    model : LoadedModel
        The model from which ``keras_model`` was built.
    folder : str
        The folder of the initial weights; see :func:`initial_weights`.
    """

    def __init__(self, keras_model: Any, model: LoadedModel, folder: str) -> None:
        import numpy as np

        self._keras_model = keras_model
        self._model = model
        self._folder = folder
        optimiser = keras_model.optimizer
        optimiser.build(keras_model.trainable_variables)
        self._optimiser_state = [np.array(variable) for variable in optimiser.variables]

    def restart(self, seed: int) -> None:
        """Set weights, random state and the optimiser's state to the start of a training."""
        weights = initial_weights(self._model, seed, self._folder)
        if weights is None:
            seed_random(seed)
            weights = self._model.build().get_weights()
        self._keras_model.set_weights(weights)
        for state in random_states(self._keras_model):
            state.assign([seed, 0])
        variables = self._keras_model.optimizer.variables
        for variable, value in zip(variables, self._optimiser_state, strict=True):
            variable.assign(value)


def ready(model: LoadedModel, job: Job, drawn: bool = False) -> Any:
    """Build a model with the settings and the initial weights of a job.

    ``drawn`` is whether Keras's initialisers draw all the same, as in a process of a user.
    """
    known = bool(job.weights) or model.closed_form_function is not None
    drawn = drawn or not known
    keras_model = build(model, ContenderSettings.from_dict(job.settings), job.seed, drawn)
    with contextlib.nullcontext() if drawn else drawing_nothing():
        call_once(keras_model, mapped(job.train))
    set_initial_weights(keras_model, model, job.seed, job.weights)
    return keras_model


def is_built(keras_model: Any) -> bool:
    """Return whether a model and all its layers have their weights.

    A model of its own class whose ``build`` was called says so of itself alone.
    """
    return bool(keras_model.built) and all(
        layer.built for layer in keras_model._flatten_layers(include_self=False)
    )


def call_once(keras_model: Any, samples: Samples) -> None:
    """Call a model that isn't built yet on two samples, which builds its layers."""
    if is_built(keras_model):
        return
    import keras

    keras_model(trees.mapped(samples.first(2).x, keras.ops.convert_to_tensor))


def random_states(keras_model: Any) -> list[Any]:
    """List the variables from which a model's layers draw random numbers: two integers each."""
    return [each for each in keras_model.variables if each.name == _RANDOM_STATE]


def dropout_layers(keras_model: Any) -> list[Any]:
    """List the dropout layers of a model and of the models that it contains."""
    import keras

    found: list[Any] = []
    for layer in keras_model.layers:
        if isinstance(layer, keras.Model):
            found += dropout_layers(layer)
        elif isinstance(layer, keras.layers.Dropout):
            found.append(layer)
    return found
