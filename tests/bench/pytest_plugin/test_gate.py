"""Test which tests fail, or are skipped, beside an earlier session's record."""

import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan.plan import ContenderCell
from aebench.bench.pytest_plugin.gate import Gate
from helpers import other_runs


@pytest.fixture
def gated(tmp_path):
    """Return a function that judges a slower run by rules."""
    baseline = other_runs.write(other_runs.run(1), tmp_path / "before")

    def judged(*rules):
        gate = Gate(baseline, list(rules))
        versions = {"torch": "2.1"}
        gate.judge(other_runs.run(2, {"torch": 1.2}, {"torch": 1.5}, versions=versions))
        return gate

    return judged


def cell(name, workload="train"):
    return ContenderCell(name, "ae400", workload, 32)


def test_a_test_fails_by_the_rules_of_its_cell(gated):
    gate = gated("time > 5 %")
    failed, undecided = gate.of(cell("torch"))
    assert failed.startswith("failed: time of train ae400, batch 32, torch beside jax, 1.2")
    assert undecided == ""
    # jax has nothing that stayed the same to be compared with: it isn't passed over.
    failed, undecided = gate.of(cell("jax"))
    assert failed == "" and undecided.startswith("undecided: time of train ae400, batch 32, jax")
    failed, undecided = gate.of(cell("torch", "predict"))
    assert (failed, undecided) == ("", "the baseline lacks this cell, to judge it by 'time > 5 %'")
    # What is judged of its memory doesn't hide that.
    both = gated("time > 5 %", "peak > 90 %").of(cell("torch", "predict"))
    assert both == (failed, undecided)
    # A rule of other cells doesn't ask for this one.
    assert gated("time of train/* > 50 %").of(cell("torch", "predict")) == ("", "")


def test_memory_is_of_all_cells_of_a_contender(gated):
    gate = gated("peak > 10 %")
    for workload in ("train", "predict"):
        assert "peak memory of ae400, torch" in gate.of(cell("torch", workload))[0]
    assert gate.of(cell("jax")) == ("", "")


def test_without_a_baseline_nothing_is_judged():
    gate = Gate("", [])
    gate.judge(other_runs.run(1))
    assert gate.of(cell("torch")) == ("", "")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([], "--aebench-baseline and --aebench-fail-if belong together"),
        (["speed > 1 %"], "'speed' is no quantity"),
    ],
)
def test_what_cannot_be_judged_is_refused(tmp_path, rules, reason):
    path = other_runs.write(other_runs.run(1), tmp_path / "before")
    with pytest.raises(BadInputError, match=reason):
        Gate(path, rules)
    with pytest.raises(BadInputError, match="nowhere can't be read"):
        Gate("nowhere", ["time"])


def test_a_rule_about_nothing_is_refused(gated):
    with pytest.raises(BadInputError, match="is about nothing that both sides measured"):
        gated("time of respond/* > 5 %")
