"""Test the notice on rounds that are shorter than usual."""

import msgspec
import pytest

from aebench.reports.summary import summarise
from helpers import sample


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
