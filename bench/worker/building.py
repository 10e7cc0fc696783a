"""Build a Keras model from its description, with the contender's settings."""

from typing import Any

from aebench import backends
from aebench.bench.models.loading import LoadedModel
from aebench.bench.protocol.settings import ContenderSettings


def build(model: LoadedModel, settings: ContenderSettings, seed: int) -> Any:
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

    Returns
    -------
    keras.Model
        The compiled model.

    Raises
    ------
    ModelError
        If the model's file returns something other than a compiled Keras model.
    """
    import keras

    if settings.precision:
        keras.config.set_dtype_policy(settings.precision)
    backend = backends.load_in_use(keras.backend.backend())
    backend.prepare()
    if settings.precision == "float32":
        backend.full_float32()
    if model.closed_form_function is None:
        keras.utils.set_random_seed(seed)
    keras_model = model.build()
    # Keras reads both attributes later, when it makes the step: nothing needs to be compiled again.
    if settings.jit is not None:
        keras_model.jit_compile = settings.jit
    keras_model.steps_per_execution = settings.steps
    return keras_model


def set_initial_weights(keras_model: Any, model: LoadedModel, seed: int) -> None:
    """Set the initial weights of a seed; do nothing if the model has no closed form for them."""
    weights = model.initial_weights(seed)
    if weights is not None:
        keras_model.set_weights(weights)


class Restarts:
    """Resets a model before each of several trainings.

    Parameters
    ----------
    keras_model : keras.Model
        The model that :func:`build` returned.
    model : LoadedModel
        The model from which ``keras_model`` was built.
    """

    def __init__(self, keras_model: Any, model: LoadedModel) -> None:
        import numpy as np

        self._keras_model = keras_model
        self._model = model
        optimiser = keras_model.optimizer
        optimiser.build(keras_model.trainable_variables)
        self._optimiser_state = [np.array(variable) for variable in optimiser.variables]

    def restart(self, seed: int) -> None:
        """Set weights, dropout seeds and the optimiser's state to the start of a training."""
        import keras

        weights = self._model.initial_weights(seed)
        if weights is None:
            keras.utils.set_random_seed(seed)
            weights = self._model.build().get_weights()
        self._keras_model.set_weights(weights)
        for layer in dropout_layers(self._keras_model):
            layer.seed_generator.state.assign([seed, 0])
        variables = self._keras_model.optimizer.variables
        for variable, value in zip(variables, self._optimiser_state, strict=True):
            variable.assign(value)


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
