"""What a Keras model tells of its ends: the inputs that it takes, and the losses of its outputs."""

from typing import Any

from aebench.bench.protocol import trees


def symbolic_inputs(keras_model: Any) -> Any:
    """Return the tree of a model's symbolic inputs, in the structure in which it takes arrays.

    None stands for a model that doesn't tell its inputs: one of its own class that was never called
    on ``keras.Input``, or a sequence of layers that begins with none.
    """
    import keras

    if isinstance(keras_model, keras.Sequential):
        # Alone among Keras's models it has no ``input`` until another model calls it.
        inputs = getattr(keras_model, "inputs", None)
        return inputs[0] if inputs else None
    try:
        flat = keras_model.input
    except (AttributeError, ValueError):
        return None
    if hasattr(keras_model, "inputs"):
        return flat
    # A model of its own class tells a list of its inputs; its first call has their structure.
    called = keras_model._inbound_nodes[0].arguments.args
    return called[0] if len(called) == 1 else flat


def input_names(keras_model: Any) -> list[str]:
    """List the names of a model's inputs; none if it doesn't tell them."""
    inputs = symbolic_inputs(keras_model)
    if inputs is None:
        return []
    if isinstance(inputs, dict):
        return [str(name) for name in inputs]
    return [str(getattr(each, "name", "")) for each in trees.leaves(inputs)]


def paired(inputs: Any, x: Any) -> list[tuple[Any, Any]] | None:
    """Pair symbolic inputs with the arrays that they get.

    Parameters
    ----------
    inputs : tree of keras.KerasTensor
        The symbolic inputs of a model.
    x : tree of ndarray
        Arrays.

    Returns
    -------
    list of (KerasTensor, ndarray) or None
        The pairs; None if there are too many or too few arrays, or their names are others.
    """
    if isinstance(x, dict) and not isinstance(inputs, dict):
        # Keras finds the arrays by the names of the inputs.
        wanted = {str(each.name): each for each in trees.leaves(inputs)}
        return _by_name(wanted, {name: each for name, each in x.items() if name in wanted})
    if isinstance(x, dict):
        return _by_name(dict(trees.named_leaves(inputs)), dict(trees.named_leaves(x)))
    tensors, arrays = list(trees.leaves(inputs)), list(trees.leaves(x))
    return None if len(tensors) != len(arrays) else list(zip(tensors, arrays, strict=True))


def _by_name(tensors: dict[str, Any], arrays: dict[str, Any]) -> list[tuple[Any, Any]] | None:
    if tensors.keys() != arrays.keys():
        return None
    return [(tensor, arrays[name]) for name, tensor in tensors.items()]


def output_losses(keras_model: Any, outputs: Any) -> dict[str, Any]:
    """Return the losses of a model's outputs, by the names of the outputs in their tree.

    Parameters
    ----------
    keras_model : keras.Model
        The model; a loss is None if it isn't compiled, or the output has none.
    outputs : tree of ndarray
        What it returns.
    """
    places = [name for name, _ in trees.named_leaves(outputs)]
    loss = getattr(keras_model, "loss", None)
    if not isinstance(loss, (dict, list, tuple)):
        return dict.fromkeys(places, loss)
    losses = dict(trees.named_leaves(loss))
    if isinstance(loss, dict):
        known = list(getattr(keras_model, "output_names", None) or [])
        by_name = not isinstance(outputs, dict) and len(known) == len(places)
        names = known if by_name else places
        return {place: losses.get(name) for place, name in zip(places, names, strict=True)}
    each = [*losses.values(), *[None] * len(places)]
    return dict(zip(places, each, strict=False))


def loss_name(loss: Any) -> str:
    """Return a loss's name in lower case, whether it is given as a name, function or object."""
    if loss is None:
        return ""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return str(name).lower()
