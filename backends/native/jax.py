"""Compute the network in JAX: all steps of a round are one compiled scan."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aebench.backends.native import Array, Hyperparameters, Network


class JaxNetwork:
    """Implement :class:`aebench.backends.native.Network`."""

    HOW = "one jitted lax.scan over the steps"

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None:
        self.learning_rate = hyperparameters.learning_rate
        self._hyperparameters = hyperparameters
        kernels, biases = weights[::2], weights[1::2]
        self._parameters = [
            (jnp.asarray(kernel), jnp.asarray(bias))
            for kernel, bias in zip(kernels, biases, strict=True)
        ]
        self._key = jax.random.key(hyperparameters.seed)
        self._compiled: dict[tuple[Any, ...], Any] = {}
        self._train = jax.jit(self._train_steps, static_argnames="steps", donate_argnums=0)
        self._predict = jax.jit(self._predict_steps, static_argnames="steps")

    def weights(self) -> list[Array]:
        """Return the current weights, in the order in which the constructor got them."""
        return [np.asarray(each) for layer in self._parameters for each in layer]

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels, without dropout."""
        return np.asarray(jax.jit(self._reconstruct)(self._parameters, images))

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy of a batch, without dropout."""
        return float(jax.jit(self._loss)(self._parameters, images, None))

    def masks(self, samples: int) -> list[Array]:
        """Return each dropout layer's output for ones (samples × units) as input in training."""
        self._key, *keys = jax.random.split(
            self._key, 1 + len(self._hyperparameters.dropout_layers)
        )
        units = [self._parameters[layer][1].size for layer in self._hyperparameters.dropout_layers]
        return [
            np.asarray(self._drop(jnp.ones((samples, each)), key))
            for each, key in zip(units, keys, strict=True)
        ]

    def load(self, images: Array, batch_size: int) -> Any:
        """Copy images (samples × pixels, whole batches) to the device, split into batches."""
        return jnp.asarray(images.reshape(-1, batch_size, images.shape[-1]))

    def prepare(self, workload: str, batches: Any, steps: int) -> None:
        """Compile what :meth:`run` needs for a number of steps."""
        key = (workload, batches.shape, steps)
        if key not in self._compiled:
            whole = self._train if workload == "train" else self._predict
            arguments = self._arguments(workload, batches, 0)
            self._compiled[key] = whole.lower(*arguments, steps=steps).compile()

    def run(self, workload: str, batches: Any, first: int, steps: int) -> Any:
        """Run ``steps`` steps from batch ``first`` on; after the last batch comes batch 0 again."""
        self.prepare(workload, batches, steps)
        compiled = self._compiled[workload, batches.shape, steps]
        arguments = self._arguments(workload, batches, first)
        if workload == "predict":
            return compiled(*arguments)
        (self._parameters, self._key), losses = compiled(*arguments)
        return losses

    def _arguments(self, workload: str, batches: Any, first: int) -> tuple[Any, ...]:
        begin = np.int32(first)
        if workload == "predict":
            return self._parameters, batches, begin
        return self._parameters, self._key, batches, begin, np.float32(self.learning_rate)

    def _train_steps(
        self, parameters: Any, key: Any, batches: Any, first: Any, learning_rate: Any, steps: int
    ) -> Any:
        def step(carry: Any, index: Any) -> Any:
            parameters, key = carry
            key, drop_key = jax.random.split(key)
            loss, gradients = jax.value_and_grad(self._loss)(parameters, batches[index], drop_key)
            descend = partial(jax.tree.map, lambda value, by: value - learning_rate * by)
            return (descend(parameters, gradients), key), loss

        return jax.lax.scan(step, (parameters, key), self._indices(batches, first, steps))

    def _predict_steps(self, parameters: Any, batches: Any, first: Any, steps: int) -> Any:
        def step(carry: None, index: Any) -> Any:
            return carry, self._reconstruct(parameters, batches[index])

        return jax.lax.scan(step, None, self._indices(batches, first, steps))[1]

    @staticmethod
    def _indices(batches: Any, first: Any, steps: int) -> Any:
        return (first + jnp.arange(steps, dtype=jnp.int32)) % len(batches)

    def _reconstruct(self, parameters: Any, images: Any) -> Any:
        return jax.nn.sigmoid(self._logits(parameters, images, None))

    def _loss(self, parameters: Any, images: Any, drop_key: Any) -> Any:
        logits = self._logits(parameters, images, drop_key)
        return jnp.mean(jax.nn.softplus(logits) - images * logits)

    def _logits(self, parameters: Any, values: Any, drop_key: Any) -> Any:
        for layer, (kernel, bias) in enumerate(parameters):
            values = values @ kernel + bias
            if layer < len(parameters) - 1:
                values = jax.nn.relu(values)
            if drop_key is not None and layer in self._hyperparameters.dropout_layers:
                values = self._drop(values, jax.random.fold_in(drop_key, layer))
        return values

    def _drop(self, values: Any, key: Any) -> Any:
        kept = 1 - self._hyperparameters.dropout
        return jnp.where(jax.random.bernoulli(key, kept, values.shape), values / kept, 0)


NETWORK: type[Network] = JaxNetwork
