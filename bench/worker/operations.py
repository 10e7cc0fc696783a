"""Count the operations of a Keras model's matrix products, where its layers tell them."""

import math
from itertools import pairwise
from typing import Any

# Layers whose weights take part in no matrix product.
_WITHOUT_PRODUCTS = ("Embedding", "Normalization", "PReLU")
# Layers and operations without weights that multiply matrices all the same.
_PRODUCTS = ("Attention", "Dot", "Matmul", "Einsum", "Tensordot", "DotProductAttention", "Conv")


def forward_operations(keras_model: Any) -> int | None:
    """Count the floating-point operations per sample of the forward pass's matrix products.

    A product of n × k by k × m numbers takes 2 · n · k · m operations. A convolution is counted by
    its products: at every position of its output, the kernel's numbers by the filters. Biases and
    activations aren't counted; profilers don't count them either.

    Parameters
    ----------
    keras_model : keras.Model
        A built model.

    Returns
    -------
    int or None
        None if a layer with weights has products that aren't known here, or lengths that aren't
        known before the model is called.
    """
    total = 0
    for layer in _innermost(keras_model):
        count = _of_layer(layer)
        if count is None:
            return None
        total += count
    return total


def dense_chain(keras_model: Any) -> list[list[int]]:
    """Return the inputs and units of a model's dense layers, if they are all that it multiplies by.

    Parameters
    ----------
    keras_model : keras.Model
        A built model.

    Returns
    -------
    list of list of int
        Empty if another layer has weights in a product, or a layer is applied to more than one row
        per sample, more than once, not trained, or not in float32; or if a layer's units aren't
        the next layer's inputs.
    """
    from keras import layers

    shapes: list[list[int]] = []
    for layer in _innermost(keras_model):
        if _of_layer(layer) == 0:
            continue
        fits = isinstance(layer, layers.Dense) and layer.compute_dtype == "float32"
        if not (fits and layer.trainable and _rows(layer) == 1):
            return []
        shapes.append([int(each) for each in layer.kernel.shape])
    fitting = all(one[1] == other[0] for one, other in pairwise(shapes))
    return shapes if fitting else []


def _rows(layer: Any) -> int:
    """Return to how many rows per sample a dense layer is applied; 0 if that isn't known."""
    try:
        return math.prod(layer.output.shape[1:-1])
    except (AttributeError, TypeError, ValueError):  # it is applied several times
        return 0


def _innermost(keras_model: Any) -> list[Any]:
    """List what computes: the layers, those inside nested models in place of these models.

    A model that was made of its inputs and outputs has operations of ``keras.ops`` too. What a
    model of its own class computes isn't known: it stands for itself.
    """
    import keras

    if isinstance(keras_model, keras.Sequential):
        parts = keras_model.layers
    elif hasattr(keras_model, "operations"):
        parts = keras_model.operations
    else:
        return [keras_model]
    found: list[Any] = []
    for part in parts:
        found += _innermost(part) if isinstance(part, keras.Model) else [part]
    return found


def _of_layer(layer: Any) -> int | None:
    from keras import layers

    if not getattr(layer, "weights", ()):
        return None if type(layer).__name__.endswith(_PRODUCTS) else 0
    if type(layer).__name__.endswith(_WITHOUT_PRODUCTS):
        return 0
    try:
        if isinstance(layer, layers.Dense):
            inputs, units = layer.kernel.shape
            return int(2 * inputs * units * math.prod(layer.output.shape[1:-1]))
        if isinstance(layer, layers.MultiHeadAttention):
            return _attention(layer)
        if isinstance(layer, (layers.LSTM, layers.GRU, layers.SimpleRNN)):
            return 2 * _steps(layer) * _recurrent_weights(layer)
        if isinstance(layer, _convolutions(layers)):
            return _convolution(layer)
        if isinstance(layer, layers.TimeDistributed):
            inner = _of_dense(layer.layer)
            return None if inner is None else inner * _steps(layer)
        if isinstance(layer, layers.Bidirectional):
            both = _recurrent_weights(layer.forward_layer) + _recurrent_weights(
                layer.backward_layer
            )
            return 2 * _steps(layer) * both
    except (AttributeError, TypeError, ValueError):  # a length is None, or the layer has no tensors
        return None
    return None


def _convolutions(layers: Any) -> tuple[type, ...]:
    return (
        layers.Conv1D,
        layers.Conv2D,
        layers.Conv3D,
        layers.Conv1DTranspose,
        layers.Conv2DTranspose,
        layers.Conv3DTranspose,
        layers.DepthwiseConv1D,
        layers.DepthwiseConv2D,
    )


def _convolution(layer: Any) -> int:
    """Count a convolution's products; a transposed one has its kernel at each position it reads."""
    transposed = "Transpose" in type(layer).__name__
    shape = layer.input.shape if transposed else layer.output.shape
    first = layer.data_format == "channels_first"
    positions = math.prod(shape[2:] if first else shape[1:-1])
    return int(2 * positions * math.prod(layer.kernel.shape))


def _of_dense(layer: Any) -> int | None:
    from keras import layers

    return 2 * math.prod(layer.kernel.shape) if isinstance(layer, layers.Dense) else None


def _steps(layer: Any) -> int:
    return int(layer.input.shape[1])


def _recurrent_weights(layer: Any) -> int:
    cell = layer.cell
    return int(math.prod(cell.kernel.shape) + math.prod(cell.recurrent_kernel.shape))


def _attention(layer: Any) -> int:
    """Count the projections, and the two products of queries, keys and values.

    Self-attention of T positions: the projections are applied at each of them, and each head
    multiplies T × d by d × T numbers, then T × T by T × v.
    """
    given = layer.input
    positions = int((given[0] if isinstance(given, (list, tuple)) else given).shape[1])
    kernels = [each for each in layer.weights if len(each.shape) > 2]
    projections = sum(math.prod(each.shape) for each in kernels)
    heads = layer.num_heads
    inner = positions * positions * heads * (layer.key_dim + layer.value_dim)
    return int(2 * (positions * projections + inner))
