import pytest

from aebench import backends
from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.forecast import UNKNOWN, Forecast, ForecastRange, total
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.request import Request, plan_from_request
from aebench.reports.record import Task
from helpers.images import COUNTS


@pytest.fixture(autouse=True)
def everything_is_installed(monkeypatch):
    monkeypatch.setattr(backends, "installed_version", lambda name: "1.0")


@pytest.fixture
def plan() -> Plan:
    return plan_from_request(Request(backends=["jax"], models=["ae200"]), COUNTS)


COLD_START = Task("footprint", "ae200", "jax", 0)


def test_without_earlier_runs_the_pace_of_matrix_products_counts_and_the_range_is_wide(plan):
    usual = task_seconds(plan, COLD_START, 1000, 100)
    found = Forecast(pace=2.0).seconds(plan, COLD_START, 1000, 100)
    assert found == pytest.approx(UNKNOWN.times(2 * usual))


def test_earlier_runs_replace_the_pace(plan):
    usual = task_seconds(plan, COLD_START, 1000, 100)
    found = Forecast(2.0, {"footprint": ForecastRange(1, 3, 4)}).seconds(
        plan, COLD_START, 1000, 100
    )
    assert found == pytest.approx((usual, 3 * usual, 4 * usual))


def test_ranges_add_up_and_are_shown_as_durations():
    found = total([ForecastRange(60, 100, 200), ForecastRange(1, 2, 5)])
    assert str(found) == "1 min 42 s (1 min 01 s to 3 min 25 s)"
    assert total([]) == (0, 0, 0) and str(total([])) == "–"


def test_a_contender_that_compiles_takes_its_compiler_s_time():
    plan = plan_from_request(Request(backends=["torch", "torch:jit"], models=["ae200"]), COUNTS)
    for pass_name in ("parity", "footprint", "quality"):
        usual, compiled = (
            task_seconds(plan, Task(pass_name, "ae200", name, 0), 1000, 100)
            for name in ("torch", "torch:jit")
        )
        assert compiled >= usual + 2 * backends.load("torch").COSTS.jit_seconds > usual
