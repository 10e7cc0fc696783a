"""Test the lines of JSON that a run prints for scripts."""

import json

import pytest

from aebench.bench.campaign.json_display import JsonDisplay
from aebench.reports.record import Cell, QualityEpoch
from helpers import sample
from helpers.running import SMALL


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_result_is_a_line_once_it_is_there(capsys):
    whole = sample.make()
    late = [each for each in whole.events if isinstance(each, QualityEpoch)]
    whole.events = [each for each in whole.events if not isinstance(each, QualityEpoch)]
    display = JsonDisplay(whole)
    display.doing("anything")
    display.figure("anything")
    display.stage_done()
    assert lines(capsys) == []
    whole.events += late
    display.stage_done()
    told = lines(capsys)
    assert {key for line in told for key in line} == {"quality"}
    assert len(told) == len({(each.contender, each.model) for each in late})
    assert told[0]["quality"]["test_loss"]["value"] > 0
    display.stage_done()
    assert lines(capsys) == []
    display.measured([Cell("ae400", "train", 32)])
    (line,) = lines(capsys)
    assert line["speed"]["rows"][1]["times_reference"]["value"] == pytest.approx(4)
    display.problem("was killed\x1b[31m")
    assert lines(capsys) == [{"problem": "was killed\x1b[31m"}]


@pytest.mark.slow
def test_a_run_prints_nothing_else(aebench, tmp_path):
    run = ("run", *SMALL, "--backend", "jax", "--pass", "footprint")
    done = aebench(*run, "--json", "--report", "--out", "kept")
    assert done.returncode == 0, done.stderr
    footprint, end = map(json.loads, done.stdout.splitlines())
    assert footprint["footprint"]["contender"] == "jax"
    assert footprint["footprint"]["frameworks_held"] == ["jax"]
    assert end == {"end": {"outcome": "complete", "record": "kept/record.jsonl"}}
    assert (tmp_path / "kept" / "report" / "README.md").exists()
    again = aebench("run", "--resume", "kept", "--json")
    assert (again.returncode, again.stdout) == (0, "")
