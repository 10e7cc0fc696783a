"""Run a Keras model's steps by ``jax.jit``, with the stateless interface of model and optimiser."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import jax
import jax.numpy as jnp

from aebench.backends.ladders import Batch, FrameworkSteps


class JaxSteps:
    """Implement :class:`aebench.backends.ladders.FrameworkSteps`."""

    def __init__(self, model: Any, batches: Sequence[Batch]) -> None:
        self._next = cycle(batches)
        self._batches = batches
        # A model that isn't compiled can predict.
        optimiser = getattr(model, "optimizer", None)
        if optimiser is not None:
            optimiser.build(model.trainable_variables)

        def values(variables: Any) -> list[Any]:
            # A step's state is given away to the next step: the model keeps its own.
            return [each.value.copy() for each in variables]

        self._state = (
            values(model.trainable_variables),
            values(model.non_trainable_variables),
            values(optimiser.variables if optimiser is not None else []),
        )
        metrics = [each.value for each in model.metrics_variables]

        def loss(trainable: Any, other: Any, optimiser: Any, batch: Batch) -> Any:
            found, (_, _, other, _) = model.compute_loss_and_updates(
                trainable,
                other,
                metrics,
                batch.x,
                batch.y,
                batch.weights,
                training=True,
                optimizer_variables=optimiser,
            )
            return found, other

        def step(state: Any, batch: Batch) -> Any:
            trainable, other, optimiser = state
            differentiate = jax.value_and_grad(loss, has_aux=True)
            (found, other), gradients = differentiate(trainable, other, optimiser, batch)
            trainable, optimiser = model.optimizer.stateless_apply(optimiser, gradients, trainable)
            return (trainable, other, optimiser), found

        def forward(state: Any, x: Any) -> Any:
            return model.stateless_call(state[0], state[1], x, training=False)[0]

        def loop(state: Any, batches: Batch, first: Any, steps: Any) -> Any:
            def body(done: Any, carry: Any) -> Any:
                index = (first + done) % len(self._batches)
                state, found = step(carry[0], jax.tree.map(lambda each: each[index], batches))
                return state, found.astype(jnp.float32)

            return jax.lax.fori_loop(0, steps, body, (state, jnp.float32(0)))

        self._step = jax.jit(step, donate_argnums=0)
        self._loop = jax.jit(loop, donate_argnums=0)
        self._forward = jax.jit(forward)

    def train(self, steps: int) -> Any:
        """Train for so many steps; return the last loss."""
        loss = None
        for _ in range(steps):
            self._state, loss = self._step(self._state, next(self._next))
        return loss

    def predict(self, steps: int) -> Any:
        """Compute so many forward passes; return the last outputs."""
        outputs = None
        for _ in range(steps):
            outputs = self._forward(self._state, next(self._next).x)
        return outputs

    def loop(self) -> Callable[[int], Any]:
        """Return a function that trains for so many steps in one loop, a ``lax.fori_loop``."""
        batches = jax.tree.map(lambda *each: jnp.stack(each), *self._batches)
        done = 0

        def run(steps: int) -> Any:
            nonlocal done
            self._state, loss = self._loop(self._state, batches, done % len(self._batches), steps)
            done += steps
            return loss

        return run

    @staticmethod
    def source(batches: Sequence[Batch], trains: bool) -> Callable[[], Any]:
        """Return a function that gives an endless iterator over batches."""
        endless = cycle([tuple(each) if trains else (each.x,) for each in batches])
        return lambda: endless


STEPS: type[FrameworkSteps] = JaxSteps
