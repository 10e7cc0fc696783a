"""Compute the network in NumPy and float64, with which all contenders' results are compared."""

from collections.abc import Callable

import numpy as np

from aebench.backends.native import Array, Hyperparameters

Dropper = Callable[[int, Array], Array]


class Oracle:
    """Compute dense layers, ReLU between them, cross-entropy of a sigmoid, and plain SGD.

    Parameters
    ----------
    weights : list of ndarray
        Kernel (inputs × units) and bias (units) of every layer.
    hyperparameters : Hyperparameters
        Only :meth:`masked_loss` applies the dropout.
    """

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None:
        self._hyperparameters = hyperparameters
        self.kernels = [kernel.astype(np.float64) for kernel in weights[::2]]
        self.biases = [bias.astype(np.float64) for bias in weights[1::2]]

    def weights(self) -> list[Array]:
        """Return the current weights in float64, in the order in which the constructor got them."""
        pairs = zip(self.kernels, self.biases, strict=True)
        return [each for layer in pairs for each in layer]

    def forward(self, images: Array) -> Array:
        """Reconstruct images (samples × pixels)."""
        return _sigmoid(self._values(images)[-1])

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy of a batch of images.

        Notes
        -----
        For logits z and targets x the loss is the mean of max(z, 0) - z x + log(1 + exp(-|z|)).
        With s = sigmoid(z) this equals -x log s - (1 - x) log(1 - s), and it can't overflow.
        TensorFlow's documentation of ``sigmoid_cross_entropy_with_logits`` has the derivation.
        """
        return _cross_entropy(self._values(images)[-1], images)

    def masked_loss(self, images: Array, generator: np.random.Generator) -> float:
        """Return the loss of images with dropout masks drawn from ``generator``."""
        kept = 1 - self._hyperparameters.dropout

        def drop(layer: int, values: Array) -> Array:
            if layer not in self._hyperparameters.dropout_layers:
                return values
            return np.where(generator.random(values.shape) < kept, values / kept, 0.0)

        return _cross_entropy(self._values(images, drop)[-1], images)

    def gradients(self, images: Array) -> list[Array]:
        """Return the gradients of the loss with respect to the weights, in the weights' order.

        Notes
        -----
        The gradient with respect to a logit z is (sigmoid(z) - x) / count. Here x is the target
        and count the number of pixels. The chain rule through ReLU and the matrix products gives
        the other gradients (Goodfellow, Bengio, Courville, "Deep Learning", 2016, algorithm 6.4).
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
        """Update the weights by one step of SGD; return the batch's loss before the update."""
        loss = self.loss(images)
        for value, gradient in zip(self.weights(), self.gradients(images), strict=True):
            value -= learning_rate * gradient
        return loss

    def _values(self, images: Array, drop: Dropper = lambda layer, values: values) -> list[Array]:
        """Return a list of the inputs of all layers, followed by the logits of the last layer."""
        values = [images]
        for layer, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            made = values[-1] @ kernel + bias
            last = layer == len(self.kernels) - 1
            values.append(made if last else drop(layer, np.maximum(made, 0)))
        return values


def _sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)))


def _cross_entropy(logits: Array, targets: Array) -> float:
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return float(losses.mean())
