"""What a run that was cut lacks of its plan."""

from collections import Counter

import msgspec
import pytest

from aebench.bench.plan.request import Request, plan_from_request
from aebench.reports.journal import Record
from aebench.reports.record import End, Failure, Header, TaskEnd
from aebench.reports.summary import summarise
from aebench.reports.summary.missing import missing, planned
from helpers import sample
from helpers.images import DATA


def cut(done, **changes):
    """Make a record whose plan is bench's own, of which some tasks were measured."""
    header = sample.make().header
    plan = plan_from_request(Request(backends=["jax", "gemm"], models=["ae400", "ae800"]), DATA)
    info = msgspec.structs.replace(plan.info, launches=2, seeds=[0, 1], **changes)
    plan = type(plan)(info, plan.models, plan.contenders)
    record = Record(
        Header(
            **{
                **{name: getattr(header, name) for name in Header.__struct_fields__},
                "plan": info,
                "models": plan.describe_models(),
                "contenders": plan.contenders,
            }
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
        {
            (name, each.model, each.contender): each.tasks
            for name in passes
            for each in planned(record, name)
        }
    )
    assert found == Counter((u.pass_name, u.model, u.contender) for u in plan.tasks())
    assert missing(record) == ""


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


def test_what_failed_is_not_missing():
    _, record = cut(lambda task: task.pass_name != "speed")
    for name in ("ae400", "ae800"):
        record.events.insert(0, Failure("speed", "jax", name, 0, "was killed", ""))
    assert missing(record) == ""
