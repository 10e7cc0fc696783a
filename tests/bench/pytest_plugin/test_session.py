import json
import re

import pytest

from aebench.bench.pytest_plugin.plugin import _Uncoloured
from aebench.reports.journal import load
from aebench.reports.record import Block, Resume, Round
from helpers.paths import ROOT
from helpers.running import BRIEF, interpreter

SMALL = ("--data", "embedded", "--model", "ae50", "--launches=1", "--blocks=2", *BRIEF)


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Run ``pytest bench/`` in an empty folder."""
    for name in ("PYTEST_XDIST_WORKER", "COLUMNS", "PYTEST_ADDOPTS", "KERAS_HOME", "AEBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))

    def run(*arguments: str):
        return pytester.runpytest_subprocess(str(ROOT / "bench"), *SMALL, *arguments)

    return run


def test_what_is_collected_is_every_place_that_is_asked_for(run_pytest):
    shown = run_pytest("--collect-only", "-q", "--backend", "jax,torch", "--batch-size", "32,64")
    names = re.findall(r"test_speed\[(.*)\]", shown.stdout.str())
    assert len(names) == 8
    assert names[:3] == ["train-ae50-32-jax", "train-ae50-32-torch", "train-ae50-64-jax"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--backend", "theano"], "'theano' is not a backend"),
        (["--model", "ae300"], "300, 150, 75, stop"),
        (["--preset", "slow"], "'slow' is not a preset"),
        (["--batch-size", "99999"], "larger than the data"),
        (["--batch-size", "many"], "'many' must be a whole number"),
        (["--until", "soon"], "'soon' is no rule: give decided, or a width such as 3%"),
        (["--data", "nowhere.npz"], "can't be read"),
        (["--aebench-fail-if", "time > 5 %"], "--aebench-fail-if belong together: give both"),
        (["--aebench-baseline", "nowhere", "--aebench-fail-if", "time"], "nowhere can't be read"),
    ],
)
def test_bad_options_are_one_sentence(run_pytest, arguments, reason):
    shown = run_pytest("--benchmark-only", *arguments)
    assert shown.ret == pytest.ExitCode.USAGE_ERROR
    said = shown.stderr.str() + shown.stdout.str()
    assert reason in said
    assert "Traceback" not in said and "INTERNALERROR" not in said


def test_a_folder_that_cannot_be_written_is_one_sentence(run_pytest, pytester):
    (pytester.path / "file").write_text("")
    shown = run_pytest("--benchmark-only", "--backend", "jax", "--record", "file/inside")
    assert shown.ret == pytest.ExitCode.USAGE_ERROR
    said = shown.stderr.str() + shown.stdout.str()
    assert "file/inside can't be written: Not a directory." in said
    assert "Traceback" not in said and "INTERNALERROR" not in said


def test_what_is_not_installed_is_skipped_with_the_reason(run_pytest, pytester, monkeypatch):
    (pytester.path / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{ROOT / 'src'}")
    shown = run_pytest("--benchmark-only", "-rs", "-k", "torch and train")
    assert shown.ret == 0
    shown.assert_outcomes(skipped=1)
    assert "torch: not installed (pip install" in shown.stdout.str()


def test_a_figure_without_colour_is_still_a_figure():
    best = _Uncoloured(2.0)
    assert (best == 2.0) is False
    assert best * 3 == 6.0 and 4.0 / best == 2.0 and f"{best:.1f}" == "2.0"


@pytest.mark.slow
def test_tests_replay_what_their_workers_measured(run_pytest, pytester):
    both = ("--backend", "jax,jax:threads=1")
    asked = ("--benchmark-only", *both, "--record", "kept", "--launches=2")
    saved = ("--benchmark-json", "out.json", "--benchmark-autosave", "--color", "yes")
    shown = run_pytest(*asked, *saved, "-k", "train")
    said = shown.stdout.str()
    assert shown.ret == 0, said
    shown.assert_outcomes(passed=2)
    record = load(pytester.path / "kept")
    told = json.loads((pytester.path / "out.json").read_text())
    assert told["machine_info"]["cores"] == record.header.machine.cores
    repeated = {row.block_key for row in record.of(Block) if row.repeated}
    for each in told["benchmarks"]:
        mine = [
            row
            for row in record.of(Round)
            if row.contender == each["params"]["backend"]
            and row.block >= 0
            and row.block_key not in repeated
        ]
        assert [row.launch for row in mine] == [0, 0, 1, 1]
        assert each["stats"]["data"] == pytest.approx([row.seconds for row in mine], rel=1e-12)
        assert each["group"] == "train ae50, batch 32"
        info = each["extra_info"]
        assert info["block_index"] == [row.block for row in mine]
        assert info["parameters"] == 81_809
        assert info["steps_per_round"] == mine[0].steps
        assert info["samples_per_second"] == pytest.approx(32 / info["step_seconds"])
        peer = each["params"]["backend"] == "jax:threads=1"
        assert info["reference"] == "jax" and info["noise_floor"] > 0
        assert bool(info["verdict"]) is peer is bool(info["times_reference_interval"])
        assert info["epoch_seconds"] > 0 and isinstance(info["epoch_fixed_seconds"], float)
        assert info["peak_memory_bytes"] > 50e6
        assert (info["loss_steps"], info["record"]) == (51, "kept/record.jsonl")
    losses = [each["extra_info"]["loss"] for each in told["benchmarks"]]
    assert losses == pytest.approx([losses[0]] * 2, abs=1e-4)
    assert 0.2 < losses[0] < 0.7
    # Our table comes last; pytest-benchmark's table shows no figure in colour.
    assert "jax:threads=1, × time" in said and "Record: kept/record.jsonl" in said
    theirs = [line for line in said.splitlines() if "test_speed[" in line and "PASSED" not in line]
    figures = [line for line in theirs if re.search(r"\d\.\d{4}", line)]
    assert len(figures) >= 2
    assert not any("\x1b[32m" in line or "\x1b[31m" in line for line in figures)

    again = ("--launches=1", "--benchmark-compare", "--benchmark-group-by", "param:backend", "-x")
    gate = ("--aebench-baseline", "kept", "--aebench-fail-if", "time > 5 %", "-rs")
    shown = run_pytest(*asked, *again, *gate, "-k", "train and not threads")
    assert shown.ret == 0, shown.stdout.str()
    # One launch has no interval: the rule is open, and the test says so.
    shown.assert_outcomes(skipped=1)
    assert "undecided: time of train ae50, batch 32, jax" in shown.stdout.str()
    assert "(0001_" in shown.stdout.str()
    assert "'backend=jax'" in shown.stdout.str()
    kept = sorted(path.name for path in (pytester.path / "kept").iterdir())
    assert len(kept) == 2
    assert load(pytester.path / "kept" / kept[0]).events == record.events
    assert f"The record that was there is kept: kept/{kept[0]}" in shown.stdout.str()
    assert not load(pytester.path / "kept").of(Resume)


@pytest.mark.slow
def test_a_smoke_run_measures_nothing(run_pytest, pytester):
    shown = run_pytest("--benchmark-disable", "--backend", "jax,torch")
    assert shown.ret == 0, shown.stdout.str()
    shown.assert_outcomes(passed=4)
    assert not (pytester.path / "results").exists()


@pytest.mark.slow
def test_a_failed_worker_fails_its_tests_and_no_others(run_pytest, tmp_path):
    broken = interpreter(tmp_path / "broken", shell="exit 7")
    for how in ("--benchmark-only", "--benchmark-disable"):
        shown = run_pytest(how, "--backend", f"jax,torch@{broken}", "-k", "train")
        assert shown.ret == 1, shown.stdout.str()
        shown.assert_outcomes(passed=1, failed=1)
        assert "exited with code 7" in shown.stdout.str()
        assert "FAILED" in shown.stdout.str() and "-torch]" in shown.stdout.str()
