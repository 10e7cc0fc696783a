"""Test how results are judged, with results made by hand: no model is run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.bench.campaign.parity_judge import Judge
from aebench.bench.campaign.parity_parts import (
    FACTOR,
    FAR,
    FLOOR,
    RunResults,
    rounding,
    sensitivity,
    with_own_rounding,
)
from aebench.bench.protocol import parity_results as names

OUTPUTS = ("first", "second")
WEIGHTS = ("dense/kernel", "dense/bias")
SHAPES = ("(4, 3)", "(3,)")
CHECKS = ["forward", "loss", "step", "gradients", "short training"]


def results(change=1e-7, scale=1.0, **others):
    """Make the results of a run; ``others`` replace arrays, spaces of names being underscores."""
    generator = np.random.default_rng(1)
    before = [generator.normal(size=(4, 3)), generator.normal(size=3)]
    moves = [0.01 * generator.normal(size=each.shape) for each in before]
    made = {
        names.WEIGHTS: np.array(WEIGHTS),
        names.SHAPES: np.array(SHAPES),
        names.OUTPUTS: np.array(OUTPUTS),
        names.forward(0): scale * generator.normal(size=(5, 2)),
        names.forward(1): scale * generator.normal(size=5),
        names.LOSS: np.array([0.7]),
        names.after(0): before[0] + moves[0],
        names.after(1): before[1] + moves[1],
        names.MOVES: np.array([np.abs(each).max() for each in moves]),
        names.SHORT_STEPS: np.array([1, 2, 3]),
        names.SHORT: np.array([[0.7], [0.6], [0.5]]),
    }
    changes = (names.forward(0), names.forward(1), names.LOSS, names.SHORT)
    made |= {names.change(name): np.array(change) for name in changes}
    made |= {names.change(names.move(place)): np.array(1e-3 * change) for place in range(2)}
    return made | {name.replace("_", " "): value for name, value in others.items()}


def judge(*runs, disturbed=None):
    """Return a judge whose float64 runs are named a, b, c, …"""
    named = {"abcd"[number]: RunResults(run) for number, run in enumerate(runs)}
    return Judge(named, disturbed or [RunResults(run) for run in runs])


def judged(made, mine, precision="float32"):
    return {each.check: each for each in made.checks(RunResults(mine, rounding(precision)))}


def wrong(checks):
    return [name for name, each in checks.items() if each.difference > each.tolerance]


def shifted(name, by, made=None):
    """Return results of which the first number of an array is larger."""
    made = dict(made or results())
    values = np.array(made[name], np.float64)
    values.flat[0] += by
    return made | {name: values}


def test_equal_results_differ_by_nothing():
    checks = judged(judge(results()), results())
    assert list(checks) == CHECKS
    assert all(each.difference == 0 < each.tolerance for each in checks.values())
    assert judge(results()).shapes(results()).difference == 0


@pytest.mark.parametrize(
    ("name", "check", "where"),
    [
        (names.forward(0), "forward", "first"),
        (names.forward(1), "forward", "second"),
        (names.LOSS, "loss", ""),
        (names.after(0), "step", "dense/kernel"),
        (names.after(1), "gradients", "dense/bias"),
        (names.SHORT, "short training", "step 1"),
    ],
)
def test_what_parts_is_named(name, check, where):
    checks = judged(judge(results(), results()), shifted(name, 1e-2))
    assert check in wrong(checks)
    assert checks[check].where == where
    assert checks[check].oracle == "a"
    others = set(wrong(checks)) - {check}
    assert others <= ({"step", "gradients"} if check in ("step", "gradients") else set())


@given(st.integers(-20, 20), st.sampled_from([1e-7, 1e-4, 1e-2]))
def test_the_unit_of_an_output_does_not_matter(power, by):
    plain = judged(judge(results()), shifted(names.forward(0), by))["forward"]
    scale = 2.0**power
    other = results(change=1e-7 * scale, scale=scale)
    scaled = judged(judge(other), shifted(names.forward(0), by * scale, other))["forward"]
    assert scaled.difference == pytest.approx(plain.difference, rel=1e-6)
    assert scaled.tolerance == pytest.approx(plain.tolerance, rel=1e-6)


@given(st.floats(1e-9, 1e-3), st.floats(0.0, 0.99))
def test_a_multiple_of_the_change_by_a_disturbance_is_allowed(change, share):
    made = judge(results(change))
    size = np.abs(results()[names.forward(0)]).max()
    allowed = FACTOR * change + FLOOR * size
    assert "forward" not in wrong(judged(made, shifted(names.forward(0), share * allowed)))
    assert "forward" in wrong(judged(made, shifted(names.forward(0), 1.01 * allowed)))


@given(st.integers(0, 2), st.sampled_from([names.forward(0), names.after(0), names.SHORT]))
def test_of_three_runs_the_one_that_differs_is_not_the_oracle(odd, name):
    runs = [shifted(name, 0.1) if place == odd else results() for place in range(3)]
    made = judge(*runs)
    check = {names.forward(0): "forward", names.after(0): "step"}.get(name, "short training")
    assert made.oracle(check) == ("b" if odd == 0 else "a")
    assert check in wrong(judged(made, runs[odd]))
    assert wrong(judged(made, results())) == []
    # The other checks keep the run that is preferred.
    untouched = {"forward", "loss", "step", "short training"} - {check}
    assert {made.oracle(each) for each in untouched} == {"a"}


def test_of_two_runs_that_differ_none_is_the_oracle():
    made = judge(results(), shifted(names.after(0), 0.1))
    for mine in (results(), shifted(names.after(0), 0.1)):
        checks = judged(made, mine)
        assert set(wrong(checks)) == {"step", "gradients"}
        assert checks["step"].where == (
            "dense/kernel (the float64 runs of a and b differ: which is right can't be told)"
        )
        assert checks["step"].oracle == "a, b"
        assert checks["forward"].oracle == "a"


def test_three_runs_that_all_differ_leave_no_oracle():
    runs = [shifted(names.LOSS, by) for by in (0.0, 0.1, 0.2)]
    made = judge(*runs)
    assert made.oracle("loss") == ""
    assert all("loss" in wrong(judged(made, run)) for run in runs)


def test_one_backend_whose_results_are_random_does_not_widen_what_is_allowed():
    calm, random = results(1e-7), results(10.0)
    for runs in ([calm, random], [random, calm, calm]):
        found = sensitivity([RunResults(run) for run in runs])
        assert found[names.LOSS] * rounding("float32") == pytest.approx(1e-7)
    assert "loss" in wrong(judged(judge(calm, calm, random), shifted(names.LOSS, 0.1)))


def test_changes_count_by_the_precision_in_which_they_were_seen():
    seen = RunResults(results(1e-3), rounding("tf32"))
    made = judge(results(), disturbed=[seen])
    exact = judged(made, results())["loss"].tolerance
    assert exact < FACTOR * 1e-3 / 1000 + 10 * FLOOR
    assert judged(made, results(), "tf32")["loss"].tolerance > FACTOR * 1e-3


@pytest.mark.parametrize("precision", ["tf32", "mixed_float16", "bfloat16", "mixed_bfloat16"])
def test_lower_precisions_are_allowed_more(precision):
    made = judge(results())
    exact, lower = judged(made, results()), judged(made, results(), precision)
    for name in ("forward", "loss", "short training"):
        assert lower[name].tolerance > 100 * exact[name].tolerance


def test_a_weight_that_rounding_moves_by_more_than_its_step_is_left_out():
    loose = {names.change(names.move(1)): np.array(1.0)}
    made = judge(results() | loose)
    checks = judged(made, shifted(names.after(1), 0.005))
    assert wrong(checks) == []
    assert "gradients" in wrong(judged(made, shifted(names.after(0), 0.005)))


def test_infinities_in_the_same_places_are_the_same():
    masked = shifted(names.forward(0), -np.inf)
    assert wrong(judged(judge(masked), masked)) == []
    found = judged(judge(results()), masked)["forward"]
    assert (found.difference, found.where) == (FAR, "first (of another shape, or not finite)")
    assert "forward" in wrong(judged(judge(results()), shifted(names.forward(0), np.nan)))


def test_an_output_of_another_shape_differs():
    other = results(forward_0=np.zeros((5, 1)))
    assert judged(judge(results()), other)["forward"].difference == FAR


def test_a_model_of_other_shapes_is_compared_in_nothing_else():
    other = results(shapes=np.array(["(4, 4)", "(3,)"]))
    found = judge(results(), results()).shapes(other)
    assert (found.difference, found.tolerance, found.where) == (1.0, 0.0, "dense/kernel")
    assert judged(judge(results()), other) == {}
    assert judge(results()).missing(other) == []
    # Two backends that build other shapes: nobody is shown to be right.
    undecided = judge(results(), other)
    assert undecided.shapes(results()).difference == 1
    assert judged(undecided, results()) == {}


def test_results_that_one_contender_alone_lacks_are_named():
    without = {name: value for name, value in results().items() if name != names.OUTPUTS}
    assert judge(results()).missing(without) == ["forward"]
    assert judge(without).missing(without) == []
    assert "forward" not in judged(judge(without), results())


def test_steps_that_both_tell_are_compared():
    several = results(short_steps=np.array([3]), short=np.array([[0.5]]))
    assert judged(judge(results()), several)["short training"].difference == 0
    late = results(short_steps=np.array([3]), short=np.array([[0.51]]))
    assert judged(judge(results()), late)["short training"].where == "step 3"


def test_a_step_that_nearly_cancels_may_be_off_by_what_float32_is_off_by_on_a_witness():
    # A bias of one number, whose step is 1e-6 and rounded by 2e-9 on each backend.
    exact = results(after_1=np.array([1e-6]), moves=np.array([0.01, 1e-6]))
    witness, other = (
        results(after_1=np.array([1e-6 + error]), moves=np.array([0.01, 1e-6]))
        for error in (2e-9, -3e-9)
    )
    for run in (exact, witness, other):
        run[names.change(names.move(1))] = np.array(0.0)
    without = judge(exact, disturbed=[RunResults(witness)])
    assert wrong(judged(without, other)) == ["step", "gradients"]
    own = with_own_rounding(RunResults(witness), RunResults(exact))
    assert set(own.results) == {name for name in witness if name.startswith(names.change(""))}
    assert wrong(judged(judge(exact, disturbed=[own]), other)) == []
    # A mistake in the step is still one.
    mistaken = {**other, names.after(1): np.array([1.5e-6])}
    assert wrong(judged(judge(exact, disturbed=[own]), mistaken)) == ["step", "gradients"]
    # What isn't finite allows nothing.
    broken = {**witness, names.after(1): np.array([np.nan])}
    allowed = with_own_rounding(RunResults(broken), RunResults(exact)).results
    assert allowed[names.change(names.move(1))] == 0.0
