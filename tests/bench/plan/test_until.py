"""Test the rules by which a run stops, as a user or a record gives them."""

import msgspec
import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan import resuming
from aebench.bench.plan.presets import MOST_LAUNCHES
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.until import stopping_rule
from aebench.reports.record import DECIDED, WIDTH, StoppingRule
from helpers import sample
from helpers.images import COUNTS

JAX = {"backends": ["jax"], "passes": ["speed"]}


def test_a_rule_is_decided_or_a_width():
    assert stopping_rule("", "quick", None) is None
    assert stopping_rule("decided", "quick", None) == StoppingRule(DECIDED, 2, MOST_LAUNCHES)
    assert stopping_rule("3%", "quick", None) == StoppingRule(WIDTH, 3, MOST_LAUNCHES, 0.03)
    assert stopping_rule("2.5 %", "publish", 20) == StoppingRule(WIDTH, 4, 20, 0.025)


@pytest.mark.parametrize(
    ("until", "launches", "reason"),
    [
        ("soon", None, "is no rule: give decided, or a width such as 3%"),
        ("3", None, "is no rule"),
        ("-3%", None, "is no rule"),
        ("nan%", None, "is no rule"),
        ("0%", None, "must be from 0.1% to 50%"),
        ("99%", None, "must be from 0.1% to 50%"),
        ("decided", 1, "needs at least 2 launches: give --launches 2 or more"),
        ("3%", 3, "needs at least 4 launches"),
    ],
)
def test_what_is_no_rule_is_one_sentence(until, launches, reason):
    with pytest.raises(BadInputError, match=reason) as error:
        stopping_rule(until, "publish", launches)
    assert "\n" not in str(error.value)


def test_a_bad_rule_ends_the_command_with_exit_code_2(aebench):
    done = aebench("run", "--until", "0%", "--data", "embedded", "--backend", "jax")
    assert done.returncode == 2
    assert done.stderr == "aebench: --until '0%' must be from 0.1% to 50%.\n"


def test_the_launches_of_a_plan_with_a_rule_are_the_most():
    plan = plan_from_request(Request(until="decided", **JAX), COUNTS)
    assert plan.info.until == StoppingRule(DECIDED, 2, MOST_LAUNCHES)
    assert {sizes.launches for sizes in plan.info.sizes} == {MOST_LAUNCHES}
    assert plan.info.blocks_text == "train at most 12 × 6; predict at most 12 × 2"
    asked = plan_from_request(Request(until="decided", launches=5, **JAX), COUNTS)
    assert {sizes.launches for sizes in asked.info.sizes} == {5}


def test_a_rule_without_the_speed_pass_is_refused():
    asked = Request(until="decided", backends=["jax"], passes=["footprint"])
    with pytest.raises(BadInputError, match="--until is about the speed pass"):
        plan_from_request(asked, COUNTS)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (StoppingRule("never", 2, 4), "is not a rule by which a run ends"),
        (StoppingRule(DECIDED, 5, 4), "is not a rule by which a run ends"),
        (StoppingRule(WIDTH, 2, 4, 0.9), "is not a rule by which a run ends"),
        (StoppingRule(DECIDED, 2, 7), "allows other launches than its sizes"),
    ],
)
def test_a_record_with_an_impossible_rule_is_not_carried_on(rule, reason):
    header = sample.make().header
    plan = msgspec.structs.replace(header.plan, until=rule)
    header = msgspec.structs.replace(header, plan=plan)
    with pytest.raises(BadInputError, match=reason):
        resuming.plan_from_header(header)
