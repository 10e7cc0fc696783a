import json
from types import SimpleNamespace

import pytest

from aebench.bench.campaign import campaign
from aebench.bench.campaign.time_history import TimeHistory
from aebench.bench.system import machine
from aebench.reports.record import Resume, Task, TaskEnd, TaskPart
from helpers import sample


def history(folder):
    return TimeHistory({"AEBENCH_CACHE": str(folder)})


def test_a_ratio_has_the_median_and_the_range_of_earlier_runs(tmp_path):
    for seconds in (20, 60, 30):
        history(tmp_path).keep("speed", 10, seconds)
    assert history(tmp_path).ratios() == {"speed": (2, 3, 6)}


def test_the_range_of_few_runs_is_widened(tmp_path):
    history(tmp_path).keep("speed", 10, 30)
    assert history(tmp_path).ratios()["speed"] == pytest.approx((2, 3, 4.5))


def test_the_latest_ten_runs_count(tmp_path):
    for seconds in (500, 400, *range(20, 30)):
        history(tmp_path).keep("parity", 10, seconds)
    assert history(tmp_path).ratios()["parity"] == pytest.approx((2, 2.45, 2.9))


def test_times_of_a_moment_and_of_other_machines_do_not_count(tmp_path, monkeypatch):
    history(tmp_path).keep("parity", 10, 0.1)
    history(tmp_path).keep("parity", 0, 10)
    assert history(tmp_path).ratios() == {}
    history(tmp_path).keep("parity", 10, 10)
    monkeypatch.setattr(machine, "usable_cores", lambda: 4096)
    assert history(tmp_path).ratios() == {}


def test_nothing_is_kept_without_a_cache(tmp_path):
    off = TimeHistory({"AEBENCH_CACHE": "off"})
    off.keep("speed", 10, 20)
    assert off.ratios() == {}
    (tmp_path / "file").write_text("")
    history(tmp_path / "file").keep("speed", 10, 20)
    assert history(tmp_path / "file").ratios() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b"x" * 2**17,
        json.dumps({"ratios": {"speed": [-1]}, "format": 1}).encode(),
        json.dumps({"ratios": {"speed": []}, "format": 1}).encode(),
        json.dumps({"ratios": {"speed": [2]}, "format": 2}).encode(),
    ],
)
def test_a_damaged_file_counts_as_missing_and_is_replaced(tmp_path, content):
    history(tmp_path).keep("speed", 10, 20)
    (path,) = (tmp_path / "times").iterdir()
    path.write_bytes(content)
    assert history(tmp_path).ratios() == {}
    history(tmp_path).keep("speed", 10, 40)
    assert history(tmp_path).ratios()["speed"].middle == 4


def test_the_time_of_a_task_that_was_resumed_in_part_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(campaign, "task_seconds", lambda *_: 10.0)
    task = Task("memory", "ae400", "jax", 0)
    for kept, passes in (([], ["memory"]), ([TaskPart(task, "fit")], [])):
        record = sample.make()
        record.events = [Resume("", [], [task], None, kept), TaskEnd(task)]
        context = SimpleNamespace(
            journal=SimpleNamespace(record=record),
            plan=None,
            data={"ae400": SimpleNamespace(sizes=())},
        )
        found = history(tmp_path / str(len(kept)))
        campaign._keep_time(found, context, [task], 20.0)
        assert list(found.ratios()) == passes
