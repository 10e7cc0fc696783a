"""Run a few cases of every fuzzer, always the same; tools/fuzz.py tries new cases for hours."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fuzz import INPUTS, strategy
from fuzz._attempt import Counts, attempt
from fuzz._commands import Commands

CASES = {"record": 25, "grammar": 25, "archives": 25, "command_line": 20}


@pytest.fixture(scope="module")
def commands():
    made = Commands()
    yield made
    made.close()


# The fuzzer makes archives with duplicate names on purpose.
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("name", INPUTS)
def test_whatever_comes_in_is_a_result_or_one_sentence(commands, name):
    counts = Counts()

    @settings(
        max_examples=CASES[name],
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy(name))
    def through(case):
        attempt(case, commands, counts)

    through()
    # Some commands succeeded, and some were refused: the cases test both.
    assert counts.codes[0] > CASES[name] // 10 and counts.codes[2] > CASES[name] // 10
