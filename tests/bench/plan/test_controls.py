"""Check which contenders have an A/A control, and in which launch."""

import msgspec
import pytest

from aebench.bench.plan.controls import taking_turns, with_controls
from aebench.bench.plan.plan import ContenderCell
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.resuming import plan_from_header
from aebench.reports.record import Cell, ContenderInfo
from helpers import sample
from helpers.images import COUNTS

TRAIN, PREDICT = (Cell("ae400", name, 32) for name in ("train", "predict"))


def plan_of(*backends, **asked):
    return plan_from_request(Request(backends=backends, models=["ae400"], **asked), COUNTS)


def controls(plan, cell, launches):
    """Return the names of the controls in the blocks of each launch."""
    return [
        [each.name for each in plan.in_launch(cell, launch) if each.control_of]
        for launch in range(launches)
    ]


def test_each_launch_has_the_control_of_another_contender_the_references_first():
    plan = plan_of("torch", "jax", "tensorflow", "native-jax", "gemm", baselines=True)
    assert plan.info.reference == "jax"
    names = ["jax A/A", "torch A/A", "tensorflow A/A", "native-jax A/A"]
    # A baseline has none: native-torch was added, and native-jax was asked for.
    assert [each.name for each in plan.in_blocks if each.control_of] == names
    assert controls(plan, TRAIN, 5) == [[name] for name in [*names, "jax A/A"]]
    assert {len(plan.in_launch(TRAIN, launch)) for launch in range(8)} == {8}


def test_where_a_contender_cannot_run_its_control_has_no_turn():
    plan = plan_of("jax", "openvino", "torch")
    assert controls(plan, TRAIN, 3) == [["jax A/A"], ["torch A/A"], ["jax A/A"]]
    assert controls(plan, PREDICT, 3) == [["jax A/A"], ["openvino A/A"], ["torch A/A"]]


def test_who_is_missing_has_no_control():
    jax, torch = (ContenderInfo(name, name, "1") for name in ("jax", "torch"))
    gone = msgspec.structs.replace(torch, name="gone", missing="not installed")
    found = with_controls([jax, gone, torch], "torch")
    assert [each.control_of for each in found] == ["", "", "", "torch", "jax"]


def test_beside_a_known_effect_the_reference_alone_has_a_control():
    plan = plan_of("jax", "torch", known_effect=0.05)
    assert controls(plan, TRAIN, 3) == [["jax A/A", "jax +5 %"]] * 3


def test_of_selected_contenders_each_has_its_control():
    plan = plan_of("jax", "tensorflow", "torch")
    cells = [("torch", "train"), ("tensorflow", "train"), ("torch", "predict")]
    narrow = plan.only(frozenset(ContenderCell(name, "ae400", work, 32) for name, work in cells))
    assert narrow.info.reference == "tensorflow"
    assert controls(narrow, TRAIN, 3) == [["tensorflow A/A"], ["torch A/A"], ["tensorflow A/A"]]
    assert controls(narrow, PREDICT, 2) == [["torch A/A"]] * 2


@pytest.mark.parametrize("before", [True, False])
def test_a_record_is_carried_on_with_its_own_controls(before):
    # Records from before have the reference's control alone, in every launch.
    plan = plan_of("jax", "torch")
    found = [each for each in plan.contenders if not (before and each.name == "torch A/A")]
    header = msgspec.structs.replace(
        sample.make().header,
        plan=plan.info,
        contenders=found,
        models=plan.describe_models(),
    )
    again = plan_from_header(header)
    turns = [["jax A/A"], ["jax A/A" if before else "torch A/A"]]
    assert controls(again, TRAIN, 2) == turns
    assert again.contenders == found


def test_without_controls_all_take_part():
    jax = ContenderInfo("jax", "jax", "1")
    assert taking_turns([jax], 3) == [jax]
