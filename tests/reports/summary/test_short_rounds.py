"""Test notices on rounds that are shorter than usual, and what reports hold of other rooms."""

import msgspec
import pytest

from aebench.backends import inputs
from aebench.bench.plan.presets import ROUND_SECONDS
from aebench.reports.summary import notices, summarise
from helpers import sample


def test_reports_and_plans_mean_the_same_usual_length():
    assert notices._USUAL_ROUND_SECONDS == ROUND_SECONDS


def test_reports_know_the_libraries_of_all_input_paths():
    packages = {name: inputs.load(name).PACKAGE for name in inputs.NAMES}
    assert {name: each for name, each in packages.items() if each} == notices._OF_INPUT


@pytest.mark.parametrize(
    ("round_seconds", "told"), [(None, []), (0.4, []), (2.0, []), (0.1, ["take 0.1 s in place"])]
)
def test_shorter_rounds_are_told(round_seconds, told):
    made = sample.make()
    plan = msgspec.structs.replace(made.header.plan, round_seconds=round_seconds)
    made.header = msgspec.structs.replace(made.header, plan=plan)
    notices = [each for each in summarise(made).notices if each.startswith("The rounds of the run")]
    assert len(notices) == len(told)
    assert all(text in notice for text, notice in zip(told, notices, strict=True))
