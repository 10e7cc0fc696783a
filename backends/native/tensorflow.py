"""Compute the network in TensorFlow: all steps of a round are one loop that XLA compiles."""

from typing import Any

import numpy as np
import tensorflow as tf

from aebench.backends.native import Array, Hyperparameters, Network


class TensorflowNetwork:
    """Implement :class:`aebench.backends.native.Network`."""

    HOW = "one tf.function loop over the steps, compiled by XLA"

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None:
        tf.random.set_seed(hyperparameters.seed)
        self.learning_rate = hyperparameters.learning_rate
        self._hyperparameters = hyperparameters
        self._variables = [tf.Variable(each) for each in weights]
        self._train = tf.function(self._train_steps, jit_compile=True)
        self._predict = tf.function(self._predict_steps, jit_compile=True)
        self._prepared: set[tuple[Any, ...]] = set()

    def weights(self) -> list[Array]:
        """Return the current weights, in the order in which the constructor got them."""
        return [each.numpy() for each in self._variables]

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels, without dropout."""
        return np.asarray(tf.sigmoid(self._logits(tf.constant(images), training=False)))

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy of a batch, without dropout."""
        return float(self._loss(tf.constant(images), training=False))

    def masks(self, samples: int) -> list[Array]:
        """Return each dropout layer's output for ones (samples × units) as input in training."""
        units = [
            self._variables[2 * layer + 1].shape[0]
            for layer in self._hyperparameters.dropout_layers
        ]
        return [np.asarray(self._drop(tf.ones((samples, each)))) for each in units]

    def load(self, images: Array, batch_size: int) -> Any:
        """Copy images (samples × pixels, whole batches) to the device, split into batches."""
        return tf.constant(images.reshape(-1, batch_size, images.shape[-1]))

    def prepare(self, workload: str, batches: Any, steps: int) -> None:
        """Compile what :meth:`run` needs by running it: XLA compiles at the first call."""
        key = (workload, tuple(batches.shape), steps)
        if key not in self._prepared:
            self._prepared.add(key)
            self.run(workload, batches, 0, steps)

    def run(self, workload: str, batches: Any, first: int, steps: int) -> Any:
        """Run ``steps`` steps from batch ``first`` on; after the last batch comes batch 0 again."""
        # XLA treats a loop's bound as a constant, and compiles again for every new number of steps.
        # The number of the first batch is no constant: a new number needs no compilation.
        begin, count = tf.constant(first), tf.constant(steps)
        if workload == "predict":
            return self._predict(batches, begin, count)
        return self._train(batches, begin, count, tf.constant(self.learning_rate, tf.float32))

    def _train_steps(self, batches: Any, first: Any, steps: Any, learning_rate: Any) -> Any:
        # Only the last loss is returned: XLA has no list to which every step could add its loss.
        loss = tf.constant(0.0)
        for step in tf.range(steps):
            images = tf.gather(batches, (first + step) % tf.shape(batches)[0])
            with tf.GradientTape() as tape:
                loss = self._loss(images, training=True)
            gradients = tape.gradient(loss, self._variables)
            for variable, gradient in zip(self._variables, gradients, strict=True):
                variable.assign_sub(learning_rate * gradient)
        return loss

    def _predict_steps(self, batches: Any, first: Any, steps: Any) -> Any:
        # All outputs are kept, as Keras and the other baselines keep them.
        made = tf.TensorArray(tf.float32, size=steps, element_shape=batches.shape[1:])
        for step in tf.range(steps):
            images = tf.gather(batches, (first + step) % tf.shape(batches)[0])
            made = made.write(step, tf.sigmoid(self._logits(images, training=False)))
        return made.stack()

    def _loss(self, images: Any, training: bool) -> Any:
        logits = self._logits(images, training)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits))

    def _logits(self, values: Any, training: bool) -> Any:
        layers = len(self._variables) // 2
        for layer in range(layers):
            kernel, bias = self._variables[2 * layer : 2 * layer + 2]
            values = tf.matmul(values, kernel) + bias
            if layer < layers - 1:
                values = tf.nn.relu(values)
            if training and layer in self._hyperparameters.dropout_layers:
                values = self._drop(values)
        return values

    def _drop(self, values: Any) -> Any:
        return tf.nn.dropout(values, self._hyperparameters.dropout)


NETWORK: type[Network] = TensorflowNetwork
