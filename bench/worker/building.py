"""A contender's Keras model: built from its description, with the contender's settings."""

from typing import Any

from aebench import backends
from aebench.bench.models.loading import LoadedModel
from aebench.bench.protocol.settings import ContenderSettings


def build(model: LoadedModel, settings: ContenderSettings, seed: int) -> Any:
    """Build and compile a model as a contender has it.

    Parameters
    ----------
    model : LoadedModel
        What to build.
    settings : ContenderSettings
        What was asked for beside; a precision becomes the policy of the whole process. The number
        of steps per call is the contender's, whatever the file of the model says.
    seed : int
        Of the weights that Keras's initialisers draw.

    Returns
    -------
    keras.Model
        The compiled model.

    Raises
    ------
    ModelError
        If what was built is no compiled Keras model.
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
    # Keras reads both when it makes a step, so that nothing needs to be compiled again.
    if settings.jit is not None:
        keras_model.jit_compile = settings.jit
    keras_model.steps_per_execution = settings.steps
    return keras_model


def set_initial_weights(keras_model: Any, model: LoadedModel, seed: int) -> None:
    """Set the weights of a seed; a model without such weights is as :func:`build` left it."""
    weights = model.initial_weights(seed)
    if weights is not None:
        keras_model.set_weights(weights)


class Restarts:
    """Starts a training from the weights of a seed, over and over.

    Parameters
    ----------
    keras_model : keras.Model
        As :func:`build` returns it.
    model : LoadedModel
        What it was built from.
    """

    def __init__(self, keras_model: Any, model: LoadedModel) -> None:
        import numpy as np

        self._keras_model = keras_model
        self._model = model
        optimiser = keras_model.optimizer
        optimiser.build(keras_model.trainable_variables)
        self._optimiser_state = [np.array(variable) for variable in optimiser.variables]

    def restart(self, seed: int) -> None:
        """Set the weights, the masks and the optimiser as a training from a seed starts."""
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
    """List the dropout layers of a model, those of the models within it too."""
    import keras

    found: list[Any] = []
    for layer in keras_model.layers:
        if isinstance(layer, keras.Model):
            found += dropout_layers(layer)
        elif isinstance(layer, keras.layers.Dropout):
            found.append(layer)
    return found
