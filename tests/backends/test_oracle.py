"""Compare the float64 oracle with finite differences and with results computed by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aebench.backends.native import Hyperparameters
from aebench.backends.native.oracle import Oracle

SHAPES = ((6, 5), (5, 3), (3, 5), (5, 6))


def network(seed, hyperparameters=None):
    generator = np.random.default_rng(seed)
    weights = []
    for shape in SHAPES:
        weights += [generator.normal(0, 0.6, shape), generator.normal(0, 0.3, shape[1])]
    return Oracle(weights, hyperparameters or Hyperparameters(0.5)), generator.random((4, 6))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_gradients_are_those_of_finite_differences(seed):
    oracle, images = network(seed)
    told = oracle.gradients(images)
    step = 1e-6
    for weight, gradient in zip(oracle.weights(), told, strict=True):
        for place in np.ndindex(weight.shape):
            kept = weight[place]
            weight[place] = kept + step
            above = oracle.loss(images)
            weight[place] = kept - step
            below = oracle.loss(images)
            weight[place] = kept
            # The error of a central difference is about the step squared, plus 1e-16 divided by the
            # step.
            assert (above - below) / (2 * step) == pytest.approx(gradient[place], abs=1e-8)


def test_loss_is_the_cross_entropy_of_the_reconstruction():
    oracle, images = network(1)
    made = oracle.forward(images)
    plain = -(images * np.log(made) + (1 - images) * np.log(1 - made)).mean()
    assert oracle.loss(images) == pytest.approx(plain, rel=1e-12)


def test_a_step_descends_by_the_rate_times_the_gradient():
    oracle, images = network(2)
    before = [each.copy() for each in oracle.weights()]
    gradients = oracle.gradients(images)
    loss = oracle.loss(images)
    assert oracle.step(images, 0.25) == loss
    for old, gradient, new in zip(before, gradients, oracle.weights(), strict=True):
        assert np.array_equal(new, old - 0.25 * gradient)


def test_masks_drop_at_the_rate_and_scale_what_is_kept():
    oracle, images = network(3, Hyperparameters(0.5, 0.25, (0,)))
    # The next layer receives only a constant, from which the loss shows which units dropout kept.
    oracle.kernels[0][:], oracle.biases[0][:] = 0, 1
    for kernel, bias in list(zip(oracle.kernels, oracle.biases, strict=True))[1:]:
        kernel[:], bias[:] = 0, 0
    oracle.kernels[1][:] = oracle.kernels[2][:] = oracle.kernels[3][:] = 1
    one = images[:1] * 0
    per_unit = 3 * 5 / 0.75  # what a kept unit adds to the logits
    logits = [oracle.masked_loss(one, np.random.default_rng(seed)) for seed in range(400)]
    kept = np.array(logits) / per_unit
    # For a large logit and a target of 0, the cross-entropy equals the logit.
    whole = kept[kept > 0.5]
    assert np.allclose(whole, np.round(whole), atol=1e-6)
    assert kept.mean() / 5 == pytest.approx(0.75, abs=5 * np.sqrt(0.25 * 0.75 / 2000))


def test_without_dropout_masks_change_nothing():
    oracle, images = network(4, Hyperparameters(0.5))
    assert oracle.masked_loss(images, np.random.default_rng(0)) == oracle.loss(images)
