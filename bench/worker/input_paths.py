"""Give samples to ``fit`` and ``predict`` by a contender's input path, where it isn't arrays."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from aebench.backends import inputs
from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings

# The samples in a batch if a call names no number.
_KERAS_BATCH = 32
# A round of whole calls has calls of two lengths.
_MOST_KEPT = 2


def use(keras_model: Any, settings: ContenderSettings) -> None:
    """Make a model's ``fit`` and ``predict`` give arrays to Keras by a contender's input path.

    Parameters
    ----------
    keras_model : keras.Model
        The model. Its methods take arrays as before.
    settings : ContenderSettings
        The contender's settings; nothing is done where they name no input path.

    Raises
    ------
    ModelError
        If the path needs a package that isn't installed.
    """
    if not settings.input:
        return
    path = inputs.load(settings.input)
    if path.PACKAGE and not find_spec(path.PACKAGE):
        raise ModelError(
            f"input={settings.input} needs the package {path.PACKAGE}, which isn't installed here."
        )
    if path.PACKAGE:
        # Here, so that no call that is timed imports it.
        import_module(path.PACKAGE)
    made = _Made(path)
    fit, predict = keras_model.fit, keras_model.predict

    def fit_by_path(
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        *,
        sample_weight: Any = None,
        shuffle: bool = True,
        **options: Any,
    ) -> Any:
        batches = made.of(Samples(x, y, sample_weight), batch_size, shuffle)
        # What a data set shuffles itself, Keras needn't.
        return fit(batches, shuffle=False, **options)

    def predict_by_path(x: Any, batch_size: int | None = None, **options: Any) -> Any:
        return predict(made.of(Samples(x, None), batch_size, False), **options)

    keras_model.fit, keras_model.predict = fit_by_path, predict_by_path
    keras_model.fit.input_path, keras_model.fit.made = settings.input, made


def in_use(keras_model: Any) -> str:
    """Return the input path of a model's ``fit`` and ``predict``; empty for arrays."""
    return getattr(keras_model.fit, "input_path", "")


def prepare(keras_model: Any, samples: Samples, batch_size: int, shuffle: bool = False) -> None:
    """Make the data set of a call beforehand, where the model has an input path.

    Users make one data set for many calls, so that it is no part of a call's time.

    Parameters
    ----------
    keras_model : keras.Model
        The model.
    samples : Samples
        What the call will be given; of ``predict`` the inputs alone.
    batch_size : int
        The batch size of the call.
    shuffle : bool
        Whether the call shuffles.
    """
    if in_use(keras_model):
        keras_model.fit.made.of(samples, batch_size, shuffle)


class _Made:
    """Makes data sets, and keeps the last ones: a call on the same arrays takes its own again."""

    def __init__(self, path: inputs.InputPath) -> None:
        self._path = path
        # The arrays are kept too: others could come to lie where they lay.
        self._kept: dict[object, tuple[Samples, Any]] = {}

    def of(self, samples: Samples, batch_size: int | None, shuffle: bool) -> Any:
        size = batch_size or _KERAS_BATCH
        arrays = [each for tree in samples if tree is not None for each in trees.leaves(tree)]
        places = [(each.__array_interface__["data"][0], each.shape) for each in arrays]
        key = (tuple(places), size, shuffle)
        if key not in self._kept:
            while len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            made = self._path.batches(_parts(samples), samples.total, size, shuffle)
            self._kept[key] = samples, made
        return self._kept[key][1]


def _parts(samples: Samples) -> tuple[Any, ...]:
    """Return what a batch is a tuple of: inputs, and targets and weights where there are any."""
    parts = tuple(samples)
    while len(parts) > 1 and parts[-1] is None:
        parts = parts[:-1]
    return tuple(map(_without_lists, parts))


def _without_lists(tree: Any) -> Any:
    """Return a tree with tuples for its lists: TensorFlow takes a list for one tensor."""
    if isinstance(tree, dict):
        return {key: _without_lists(each) for key, each in tree.items()}
    return tuple(map(_without_lists, tree)) if isinstance(tree, (list, tuple)) else tree
