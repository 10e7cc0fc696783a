"""Test the list of what an interrupted run lacks of its plan."""

from collections import Counter

import msgspec
import pytest

from aebench.bench.plan.request import Request, plan_from_request
from aebench.reports.journal import Record
from aebench.reports.record import End, Failure, Round, TaskEnd, schema_5
from aebench.reports.summary import summarise
from aebench.reports.summary.missing import missing
from helpers import sample
from helpers.images import COUNTS


def cut(done, **changes):
    """Return a record with a plan that bench makes, of which only some tasks were measured."""
    header = sample.make().header
    asked = Request(backends=["jax", "gemm"], models=["ae400", "ae800"])
    plan = plan_from_request(asked, COUNTS)
    sizes = [msgspec.structs.replace(each, launches=2) for each in plan.info.sizes]
    info = msgspec.structs.replace(plan.info, sizes=sizes, seeds=[0, 1], **changes)
    plan = type(plan)(info, plan.models, plan.contenders)
    record = Record(
        msgspec.structs.replace(
            header,
            plan=info,
            models=plan.describe_models(),
            contenders=plan.contenders,
            cells=plan.cells() if "speed" in info.passes else [],
            tasks=plan.describe_tasks(),
        )
    )
    record.events = [TaskEnd(task) for task in plan.tasks() if done(task)]
    record.events.append(End("interrupted", 1.0))
    return plan, record


@pytest.mark.parametrize(
    "passes",
    [["speed", "footprint"], ["parity", "speed", "quality"], ["profile", "memory"]],
)
def test_what_is_planned_is_what_is_measured(passes):
    plan, record = cut(lambda task: True, passes=passes)
    found = Counter(
        {(each.pass_name, each.model, each.contender): each.tasks for each in record.header.tasks}
    )
    assert found == Counter((u.pass_name, u.model, u.contender) for u in plan.tasks())
    assert missing(record) == ""
    # For old headers without cells and tasks, the reader derives what the plan says.
    bare = msgspec.structs.replace(record.header, cells=[], tasks=[])
    assert set(schema_5.planned(bare).tasks) == set(record.header.tasks)
    assert schema_5.planned(bare).cells == record.header.cells


def test_what_is_missing_is_named():
    def done(task):
        return (
            task.pass_name in ("parity", "footprint")
            or (task.pass_name, task.model) == ("speed", "ae400")
            or (task.pass_name == "speed" and task.launch == 0)
            or (task.model, task.launch) == ("ae400", 1)
        )

    _, record = cut(done)
    told = "speed of ae800 beyond 1 of 2; quality of ae400 with jax beyond 1 of 2 and ae800."
    assert missing(record) == f"Not measured, though planned: {told}"
    (notice,) = [each for each in summarise(record).notices if "interrupted" in each]
    assert notice.endswith(told)
    _, nothing = cut(lambda task: task.pass_name in ("parity", "footprint"))
    assert missing(nothing).endswith("planned: all of speed; all of quality.")


def test_a_pass_under_way_is_not_called_missing():
    _, record = cut(lambda task: task.pass_name in ("parity", "footprint"))
    record.events.pop()
    assert record.outcome == "unfinished"
    assert missing(record) == "Not measured yet: all of speed; all of quality."
    rounds = [each for each in sample.make().events if isinstance(each, Round)]
    record.events += rounds
    told = "The speed pass has begun and not ended. Not measured yet: all of quality."
    assert missing(record) == told
    (notice,) = [each for each in summarise(record).notices if "hasn't ended" in each]
    assert notice.endswith(told)
    # Of a run that was ended, it is missing all the same.
    record.events.append(End("interrupted", 1.0))
    assert missing(record).startswith("Not measured, though planned: all of speed")


def test_what_failed_is_not_missing():
    _, record = cut(lambda task: task.pass_name != "speed")
    for name in ("ae400", "ae800"):
        record.events.insert(0, Failure("speed", "jax", name, 0, "was killed", ""))
    assert missing(record) == ""
