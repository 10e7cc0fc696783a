"""Train a Keras model on JAX with all steps of an epoch in one compiled loop.

``fit`` calls a compiled step for each batch. The smaller a model, the more of a step is that call.
Here the loop over the batches is compiled too. The weights come out as those of ``fit``. Metrics,
callbacks, sample weights, and a last batch that isn't full are left out.
"""

import jax
import jax.numpy as jnp
import numpy as np


def fit_in_one_loop(model, x, y, batch_size=32, epochs=1, shuffle=True):
    """Train a compiled model, and return the mean loss of each epoch."""
    model.optimizer.build(model.trainable_variables)
    variables = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
    )
    metrics = [each.value for each in model.metrics_variables]

    def loss_of(trainable, other, optimizer, x, y):
        loss, (_, _, other, _) = model.compute_loss_and_updates(
            trainable, other, metrics, x, y, None, training=True, optimizer_variables=optimizer
        )
        return loss, other

    @jax.jit
    def epoch(state, x, y, order):
        def step(state, rows):
            trainable, other, optimizer = state
            (loss, other), gradients = jax.value_and_grad(loss_of, has_aux=True)(
                trainable, other, optimizer, x[rows], y[rows]
            )
            trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
            return (trainable, other, optimizer), loss

        return jax.lax.scan(step, state, order)

    state = tuple([each.value for each in some] for some in variables)
    x, y = jnp.asarray(x), jnp.asarray(y)
    rows, losses = np.arange(len(x)), []
    for _ in range(epochs):
        if shuffle:
            np.random.shuffle(rows)
        whole = rows[: len(rows) // batch_size * batch_size]
        state, found = epoch(state, x, y, whole.reshape(-1, batch_size))
        losses.append(float(found.mean()))
    for some, values in zip(variables, state, strict=True):
        for variable, value in zip(some, values, strict=True):
            variable.assign(value)
    return losses
