"""The network in NumPy and float64: what every contender's arithmetic is compared with."""

from collections.abc import Callable

import numpy as np

from aebench.backends.native import Array, DenseChain, Hyperparameters

Dropper = Callable[[int, Array], Array]


def supports(chain: DenseChain | None) -> str:
    """Return why a model can't be compared with the oracle; empty if it can.

    Parameters
    ----------
    chain : DenseChain or None
        The model's closed form, None if it has none.
    """
    if chain is None:
        return "the float64 oracle is there for chains of dense layers alone"
    return ""


class Oracle:
    """Dense layers, ReLU between them, binary cross-entropy of a sigmoid, plain SGD.

    Parameters
    ----------
    weights : list of ndarray
        Kernel (inputs × units) and bias (units) of each layer.
    hyperparameters : Hyperparameters
        Its dropout is applied by :meth:`masked_loss` alone.
    """

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None:
        self._hyperparameters = hyperparameters
        self.kernels = [each.astype(np.float64) for each in weights[::2]]
        self.biases = [each.astype(np.float64) for each in weights[1::2]]

    def weights(self) -> list[Array]:
        """Return the weights as they were given, in float64."""
        pairs = zip(self.kernels, self.biases, strict=True)
        return [each for layer in pairs for each in layer]

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels."""
        return _sigmoid(self._values(images)[-1])

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy.

        Notes
        -----
        Of logits z and targets x it is the mean of max(z, 0) - z x + log(1 + exp(-|z|)), which
        equals -x log s - (1 - x) log(1 - s) for s = sigmoid(z) and can't overflow (TensorFlow's
        documentation of ``sigmoid_cross_entropy_with_logits`` derives it).
        """
        return _cross_entropy(self._values(images)[-1], images)

    def masked_loss(self, images: Array, generator: np.random.Generator) -> float:
        """Return the loss under one draw of the dropout masks."""
        kept = 1 - self._hyperparameters.dropout

        def drop(layer: int, values: Array) -> Array:
            if layer not in self._hyperparameters.dropout_layers:
                return values
            return np.where(generator.random(values.shape) < kept, values / kept, 0.0)

        return _cross_entropy(self._values(images, drop)[-1], images)

    def gradients(self, images: Array) -> list[Array]:
        """Return the gradient of the loss by each of the weights.

        Notes
        -----
        The gradient of the mean cross-entropy by a logit is (sigmoid(z) - x) / count; the rest is
        the chain rule through ReLU and the products (Goodfellow, Bengio, Courville, "Deep
        Learning", 2016, algorithm 6.4).
        """
        values = self._values(images)
        backward = (_sigmoid(values[-1]) - images) / images.size
        gradients: list[Array] = []
        for layer in reversed(range(len(self.kernels))):
            gradients[:0] = [values[layer].T @ backward, backward.sum(axis=0)]
            if layer:
                backward = (backward @ self.kernels[layer].T) * (values[layer] > 0)
        return gradients

    def step(self, images: Array, learning_rate: float) -> float:
        """Descend by one batch; return its loss before that."""
        loss = self.loss(images)
        for value, gradient in zip(self.weights(), self.gradients(images), strict=True):
            value -= learning_rate * gradient
        return loss

    def _values(self, images: Array, drop: Dropper = lambda layer, values: values) -> list[Array]:
        """Return the input of each layer, and at last the logits."""
        values = [images]
        for layer, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            made = values[-1] @ kernel + bias
            last = layer == len(self.kernels) - 1
            values.append(made if last else drop(layer, np.maximum(made, 0)))
        return values


def _sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)))


def _cross_entropy(logits: Array, targets: Array) -> float:
    each = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return float(each.mean())
