"""Test the self-check's judgement on records made by hand, and in a real run."""

import math

import msgspec
import numpy as np
import pytest

from aebench.bench.data.datasets import EMBEDDED, Dataset
from aebench.bench.data.model_data import counts_of_images
from aebench.bench.errors import BadInputError
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.selfcheck import request
from aebench.bench.system import machine
from aebench.reports.journal import Journal, Record, load
from aebench.reports.record import Round, TaskEnd, WorkloadSizes
from aebench.reports.selfcheck import judge
from aebench.reports.summary import summarise
from helpers import sample
from helpers.paths import ROOT

LAUNCHES, BLOCKS = 5, 16
IMAGES = np.zeros((1000, 28, 28), np.uint8)
COUNTS = counts_of_images(Dataset("data", IMAGES, IMAGES, EMBEDDED))


def record(control: float, known_effect: float, pair_sd: float, launches: int = LAUNCHES) -> Record:
    """Return a self-check's record whose controls take given multiples of the reference's time."""
    made = sample.make()
    sizes = [WorkloadSizes("train", [32], launches, BLOCKS)]
    plan = msgspec.structs.replace(made.header.plan, passes=["speed"], sizes=sizes)
    jax = made.header.contenders[0]
    contenders = [
        jax,
        msgspec.structs.replace(jax, name="jax A/A", control_of="jax"),
        msgspec.structs.replace(jax, name="jax +5 %", control_of="jax", known_effect=0.05),
    ]
    header = msgspec.structs.replace(made.header, plan=plan, contenders=contenders)
    found = Record(header)
    random = np.random.default_rng(1)
    for launch in range(launches):
        for block in range(BLOCKS):
            for name, ratio in (("jax", 1.0), ("jax A/A", control), ("jax +5 %", known_effect)):
                noise = float(random.normal(0, pair_sd / np.sqrt(2)))
                seconds = 0.2 * ratio * math.exp(noise)
                found.add(Round(name, "ae400", "train", 32, launch, block, 0, 80, 16, seconds, 0.3))
    return found


def test_where_both_verdicts_are_right():
    check = judge(summarise(record(1.0, 1.05, 0.05)))
    assert check.right
    assert check.findings == [
        "jax A/A, which does the same: same, 0.995 [0.978, 1.012] times jax's time: right.",
        "jax +5 %, which runs 5 % more steps than it reports: slower, 1.038 [1.023, 1.053] times "
        "jax's time: right.",
        "The noise floor is 2.3 %; the smallest difference that 5 × 16 blocks call in four of five "
        "cases here is about 3.3 % (2.4 % to 7.9 %).",
        "A pair of rounds varies by 4.8 % (SD), the mean of a launch by 1.4 %: to call a "
        "difference of 3 % in four of five cases takes about 6 launches of 16 blocks here.",
        "Verdicts can be trusted here, at this size.",
    ]


def test_where_the_known_effect_is_not_seen():
    check = judge(summarise(record(1.0, 1.05, 0.4)))
    assert check.control_right and not check.known_effect_right and not check.right
    assert "too noisy to see 5 % at this size" in check.findings[-1]
    assert check.findings[1].endswith(": not seen.")


def test_where_the_control_is_called_different_nothing_can_be_trusted():
    summary = summarise(record(1.1, 1.05, 0.05))
    check = judge(summary)
    assert not check.control_right
    assert "too noisy for verdicts at this size" in check.findings[-1]
    (cell,) = summary.speed
    assert cell.control_excess > 0.05


def test_one_launch_does_not_tell_how_many_are_needed():
    check = judge(summarise(record(1.0, 1.05, 0.05, launches=1)))
    assert any("can't be told from one:" in each for each in check.findings)


def test_a_record_without_a_known_effect_one_is_no_self_check():
    assert judge(summarise(sample.make())) is None


def test_it_asks_for_one_backend_and_both_controls():
    plan = plan_from_request(request(None, "standard", "ae400", 32), COUNTS)
    names = [each.name for each in plan.in_blocks]
    assert names == ["jax", "jax A/A", "jax +5 %"]
    assert plan.info.passes == ["parity", "speed"]
    assert plan.info.sizes == [WorkloadSizes("train", [32], 5, 16)]
    with pytest.raises(BadInputError, match="not a backend"):
        plan_from_request(request("theano", "standard", "ae400", 32), COUNTS)


@pytest.mark.parametrize(
    ("known_effect", "pair_sd", "code", "said"),
    [(1.05, 0.05, 0, "can be trusted here"), (1.05, 0.4, 3, "too noisy")],
)
def test_the_exit_code_says_it(aebench, tmp_path, known_effect, pair_sd, code, said):
    """Check the exit codes; --resume judges a complete record without measuring."""
    made = record(1.0, known_effect, pair_sd)
    plan = plan_from_request(request("jax", "standard", "ae400", 32), COUNTS)
    header = msgspec.structs.replace(
        made.header, contenders=plan.contenders, machine=machine.describe(), plan=plan.info
    )
    journal = Journal.begin(tmp_path / "kept" / "record.jsonl", header)
    for event in [*made.events, *map(TaskEnd, plan.tasks())]:
        journal.append(event)
    journal.close()
    done = aebench("selfcheck", "--resume", "kept")
    assert done.returncode == code, done.stdout + done.stderr
    assert said in " ".join(done.stdout.split())
    assert "The noise floor is" in done.stdout


def test_what_is_no_self_check_is_refused(aebench, tmp_path):
    asked = Request(backends=["jax"], models=["ae400"], passes=["speed"])
    plan = plan_from_request(asked, COUNTS)
    header = msgspec.structs.replace(
        sample.make().header,
        contenders=plan.contenders,
        machine=machine.describe(),
        plan=plan.info,
        models=plan.describe_models(),
    )
    journal = Journal.begin(tmp_path / "kept" / "record.jsonl", header)
    for event in map(TaskEnd, plan.tasks()):
        journal.append(event)
    journal.close()
    done = aebench("selfcheck", "--resume", "kept")
    assert done.returncode == 2
    assert "is not a self-check's" in done.stderr


# A self-check has its preset's size, of which two launches of two blocks are enough to see it run.
SMALLER = """
from dataclasses import replace
from aebench.bench.plan import presets
quick = presets.PRESETS["quick"]
sizes = tuple(replace(each, launches=2, blocks=2) for each in quick.sizes)
presets.PRESETS["quick"] = replace(quick, sizes=sizes)
presets.ROUND_SECONDS = 0.1
"""


@pytest.mark.slow
def test_it_runs(aebench, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SMALLER)
    small = ("--preset", "quick", "--data", "embedded", "--model", "ae50", "--contender", "jax")
    path = f"{tmp_path}:{ROOT / 'src'}"
    done = aebench("selfcheck", *small, "--out", "kept", PYTHONPATH=path)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "jax A/A, which does the same:" in said
    assert ("can be trusted here" in said) is (done.returncode == 0)
    again = aebench("selfcheck", "--resume", "kept")
    assert again.returncode == done.returncode
    rounds = [row for row in load(tmp_path / "kept").of(Round) if row.block >= 0]
    assert {row.contender for row in rounds} == {"jax", "jax A/A", "jax +5 %"}
    # 5 % more is a whole number for multiples of 20.
    assert {row.steps % 20 for row in rounds if row.contender == "jax +5 %"} == {0}
