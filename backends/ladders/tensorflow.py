"""Run a Keras model's steps by ``tf.function``, one call a step."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import tensorflow as tf

from aebench.backends.ladders import Batch, FrameworkSteps


class TensorFlowSteps:
    """Implement :class:`aebench.backends.ladders.FrameworkSteps`."""

    def __init__(self, model: Any, batches: Sequence[Batch]) -> None:
        self._next = cycle(batches)
        self._batches = batches
        # A model that isn't compiled can predict.
        optimiser = getattr(model, "optimizer", None)
        if optimiser is not None:
            optimiser.build(model.trainable_variables)
        # As Keras does it: by XLA where the model asks for it.
        compiled = bool(model.jit_compile)

        def step(x: Any, y: Any, weights: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = model(x, training=True)
                loss = model.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights)
            variables = model.trainable_weights
            model.optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        def forward(x: Any) -> Any:
            return model(x, training=False)

        def loop(batches: Any, first: Any, steps: Any) -> Any:
            def body(done: Any, _: Any) -> Any:
                index = (first + done) % len(self._batches)
                # Not each[index]: XLA takes that index for a constant, and would compile
                # again for every first batch.
                here = tf.nest.map_structure(
                    lambda each: None if each is None else tf.gather(each, index), batches
                )
                loss = step(*here)
                return done + 1, tf.cast(loss, tf.float32)

            given = tf.constant(0), tf.constant(0.0)
            return tf.while_loop(lambda done, _: done < steps, body, given)[1]

        self._loop = tf.function(loop, jit_compile=compiled, reduce_retracing=True)
        self._step = tf.function(step, jit_compile=compiled, reduce_retracing=True)
        self._forward = tf.function(forward, jit_compile=compiled, reduce_retracing=True)

    def train(self, steps: int) -> Any:
        """Train for so many steps; return the last loss."""
        loss = None
        for _ in range(steps):
            loss = self._step(*next(self._next))
        return loss

    def predict(self, steps: int) -> Any:
        """Compute so many forward passes; return the last outputs."""
        outputs = None
        for _ in range(steps):
            outputs = self._forward(next(self._next).x)
        return outputs

    def loop(self) -> Callable[[int], Any]:
        """Return a function that trains for so many steps in one loop, a ``tf.while_loop``."""
        parts = [_stacked(each) for each in zip(*self._batches, strict=True)]
        done = 0

        def run(steps: int) -> Any:
            nonlocal done
            first = tf.constant(done % len(self._batches))
            loss = self._loop(parts, first, tf.constant(steps))
            done += steps
            return loss

        return run

    @staticmethod
    def source(batches: Sequence[Batch], trains: bool) -> Callable[[], Any]:
        """Return a function that gives an endless iterator over a batch, or a batch in a list.

        Training takes its data from an iterator of ``tf.data``, which nothing prepares here.
        """
        if trains:
            first = tuple(each for each in batches[0] if each is not None)
            endless = iter(tf.data.Dataset.from_tensors(first).repeat())
            return lambda: endless
        lists = cycle([[(each.x,)] for each in batches])
        return lambda: next(lists)


def _stacked(parts: Sequence[Any]) -> Any:
    """Stack the inputs, targets or weights of all batches; None where there are none."""
    if parts[0] is None:
        return None
    return tf.nest.map_structure(lambda *each: tf.stack(each), *parts)


STEPS: type[FrameworkSteps] = TensorFlowSteps
