"""Test resuming untrusted records: no program they name is run unless the user allows it."""

import copy
import json
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from aebench.bench.campaign import run_output
from aebench.bench.data.datasets import EMBEDDED, Dataset
from aebench.bench.data.model_data import counts_of_images
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan import checks
from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.forecast import Forecast
from aebench.bench.plan.model_info import describe_model
from aebench.bench.plan.presets import PASSES
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.resuming import check_samples, command, plan_from_header
from aebench.bench.system import machine
from aebench.reports.journal import Journal
from aebench.reports.record import ContenderInfo, Header, WorkloadSizes
from helpers import sample
from helpers.images import OF_ANY_MODEL

IMAGES = np.zeros((1000, 28, 28), np.uint8)
COUNTS = counts_of_images(Dataset("data", IMAGES, IMAGES, EMBEDDED))


def trap(folder: Path, name: str = "trap") -> Path:
    """Make an interpreter that creates a file when it is run."""
    path = folder / name / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\ntouch "{folder}/was-run"\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return path


def header(*asked: str, **changes) -> Header:
    """Return the header of a record that was measured on this machine."""
    wanted = {"backends": asked or ["jax"], "models": ["ae400"], "passes": ["footprint"]}
    plan = plan_from_request(Request(**{**wanted, **changes}), COUNTS)
    return msgspec.structs.replace(
        sample.make().header,
        plan=plan.info,
        contenders=plan.contenders,
        models=plan.describe_models(),
        workloads=plan.describe_workloads(),
        cells=plan.cells(),
        tasks=plan.describe_tasks(),
        machine=machine.describe(),
        data=msgspec.structs.replace(
            sample.make().header.data, choice="embedded", train_samples=1000
        ),
    )


def written(folder: Path, told: Header) -> bytes:
    Journal.begin(folder / "record.jsonl", told).close()
    return (folder / "record.jsonl").read_bytes()


@pytest.fixture(scope="module")
def whole() -> bytes:
    """Return the header of a record with all passes, a baseline, and settings."""
    asked = ("jax", "jax:jit", f"jax@{sys.executable}")
    return msgspec.json.encode(header(*asked, passes=PASSES, baselines=True))


@pytest.fixture
def trapped(tmp_path):
    """Yield the interpreter that an old record names; check then that the record is unchanged."""
    python = trap(tmp_path)
    before = written(tmp_path / "old", header(f"jax@{python}", "jax"))
    (tmp_path / "was-run").unlink()
    yield python
    assert (tmp_path / "old" / "record.jsonl").read_bytes() == before
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["record.jsonl"]


def test_the_interpreter_that_a_record_names_is_not_run(aebench, tmp_path, trapped):
    words = f"--contender jax@{trapped}"
    done = aebench("run", "--resume", "old")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"if {trapped} may be run, add {words}." in done.stderr
    (tmp_path / "python").symlink_to(trapped)
    for wrong in ("jax", f"torch@{trapped}", f"jax:jit@{trapped}", f"jax@{sys.executable}"):
        for dry in ([], ["--dry-run"]):
            done = aebench("run", "--resume", "old", "--contender", wrong, *dry)
            assert (done.returncode, done.stdout) == (2, "")
            assert f"the record runs other contenders: give {words}" in done.stderr
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("command", ["run", "parity", "selfcheck", "profile", "memory"])
@pytest.mark.parametrize("allowed", [False, True])
def test_a_dry_run_says_what_would_be_run_and_runs_nothing(
    aebench, tmp_path, trapped, command, allowed
):
    given = ["--contender", f"jax@{trapped}"] if allowed else []
    done = aebench(command, "--resume", "old", "--dry-run", *given)
    assert done.returncode == 0, done.stderr
    assert (
        f"Resuming would run {trapped}; add --contender jax@{trapped} to allow it." in done.stdout
    )
    assert not (tmp_path / "was-run").exists()


def test_a_dry_run_of_a_new_run_runs_no_interpreter_either(aebench, tmp_path):
    python = trap(tmp_path)
    done = aebench("run", "--dry-run", "--data", "embedded", "--contender", f"jax@{python}")
    assert done.returncode == 0, done.stderr
    assert "jax (version unknown)" in done.stdout
    assert not (tmp_path / "was-run").exists()


def test_what_was_allowed_is_run(aebench, tmp_path, trapped):
    """Run an allowed interpreter for its version, which differs: nothing is measured."""
    told = header(f"jax@{trapped}")
    older = [msgspec.structs.replace(each, version="0.1") for each in told.contenders]
    written(tmp_path / "older", msgspec.structs.replace(told, contenders=older))
    (tmp_path / "was-run").unlink()
    # Another path to the same file counts as the same file.
    word = f"jax@{tmp_path}/trap/../trap/bin/python"
    done = aebench("run", "--resume", "older", "--contender", word)
    assert done.returncode == 2
    assert "the record was measured with jax 0.1, and here is" in done.stderr
    assert (tmp_path / "was-run").exists()
    (tmp_path / "was-run").unlink()


def test_the_words_to_carry_on_with_are_whole():
    told = header(f"jax@{sys.executable}", "jax")
    assert command(Path("my run"), told.contenders) == (
        f"aebench run --resume 'my run' --contender jax@{sys.executable}"
    )
    assert command(Path("results/a"), header("jax").contenders) == "aebench run --resume results/a"


def test_an_interpreter_that_a_control_or_a_baseline_names_is_none_to_run(tmp_path):
    told = header("jax", passes=["speed"], baselines=True)
    assert plan_from_header(told).info == told.plan
    for number, each in enumerate(told.contenders):
        if each.control_of or each.baseline:
            found = list(told.contenders)
            found[number] = msgspec.structs.replace(each, python="/bin/false")
            with pytest.raises(BadInputError, match=r"is a control of no contender|is no baseline"):
                plan_from_header(msgspec.structs.replace(told, contenders=found))
            # An interpreter isn't run either if its contender wasn't installed in the recorded run.
            gone = ContenderInfo("gone", "jax", "", missing="gone", python="/bin/false")
            with pytest.raises(BadInputError, match=r"is a control of no contender|is no baseline"):
                plan_from_header(msgspec.structs.replace(told, contenders=[*found, gone]))


def plan(**changes):
    return lambda told: msgspec.structs.replace(
        told, plan=msgspec.structs.replace(told.plan, **changes)
    )


def sized(workload="train", **changes):
    """Change the sizes of the first workload, and remove the other workloads."""

    def change(told):
        first = msgspec.structs.replace(told.plan.sizes[0], workload=workload, **changes)
        return plan(sizes=[first])(told)

    return change


def contenders(*found, **changes):
    def change(told):
        first, *others = told.contenders
        return msgspec.structs.replace(
            told, contenders=[msgspec.structs.replace(first, **changes), *others, *found]
        )

    return change


def models(change):
    return lambda told: msgspec.structs.replace(told, models=change(told.models))


def model(**changes):
    return models(lambda found: [msgspec.structs.replace(found[0], **changes)])


MANY = [f"ae{width}{end}" for width in (100, 200, 400, 800) for end in ("", "-steep", "-dropout")]
BAD = {
    "unknown pass": (plan(passes=["speed", "sleep"]), "'sleep' is not a pass"),
    "no pass": (plan(passes=[]), "it has no pass"),
    "a pass twice": (plan(passes=["parity", "parity"]), "it has a pass twice"),
    "unknown preset": (plan(preset="slow"), "'slow' is not a preset"),
    "unknown workload": (sized("dream"), "'dream' is not a workload"),
    "no workload": (plan(sizes=[]), "it has no workload"),
    "a workload twice": (
        lambda told: plan(sizes=told.plan.sizes[:1] * 2)(told),
        "it has a workload twice",
    ),
    "no batch size": (sized(batch_sizes=[]), "it has no batch size"),
    "a batch size twice": (sized(batch_sizes=[32, 32]), "it has a batch size twice"),
    "no seed": (plan(seeds=[]), "it has no seed"),
    "a seed twice": (plan(seeds=[1, 1]), "it has a seed twice"),
    "a negative seed": (plan(seeds=[-1]), "seeds must be from 0 to 99,999"),
    "a huge seed": (plan(seeds=[2**70]), "seeds must be from 0 to 99,999"),
    "no reference": (plan(reference="numpy"), "its reference 'numpy' is not among"),
    "threads": (plan(threads=2**40), "that this machine lets it use"),
    "steps": (plan(profile_steps=5000), "--steps 5000 must be at most 1,000"),
    "loop": (plan(loops=["for"]), "'for' is not a loop"),
    "loop given twice": (plan(loops=["fit", "fit"]), "it has a loop twice"),
    "repeats": (plan(loops=["fit"], repeats=5), "--repeats 5 must be at least 20"),
    "margins": (plan(different=0.5, same=0.1), "must be at most the second"),
    "cold starts": (plan(footprint_launches=2**50), "tasks, more than the 10,000 allowed"),
    "launches": (
        plan(passes=["speed"], sizes=[WorkloadSizes("train", [32], 100_000, 24)]),
        "tasks, more than the",
    ),
    "blocks": (
        plan(passes=["speed"], sizes=[WorkloadSizes("train", [32], 1000, 100_000)]),
        "single measurements, more than the",
    ),
    "seeds": (plan(passes=["quality"], seeds=list(range(100_000))), "tasks, more than the"),
    "epochs": (
        plan(passes=["quality"], seeds=list(range(100)), epochs=100_000),
        "single measurements",
    ),
    "comparisons": (
        lambda told: sized(batch_sizes=list(range(1, 1000)))(
            models(lambda found: [describe_model(parse(name)) for name in MANY])(told)
        ),
        "comparisons, more than the 20,000 allowed",
    ),
    "batch sizes": (sized(batch_sizes=list(range(1, 1002))), "more than the 1,000 allowed"),
    "no model": (models(lambda found: []), "it has no model"),
    "a model twice": (models(lambda found: found * 2), "it has a model twice"),
    "models": (models(lambda found: found * 1001), "more than the 1,000 allowed"),
    "unknown model": (model(name="ae300"), "no chain of halves"),
    "a model's other name": (model(name="ae400-dropout0.30"), "another autoencoder"),
    "another model": (
        model(build_parameters={"widths": [2**50]}),
        "'ae400' is another autoencoder here",
    ),
    "a backend's name": (contenders(backend="..os"), "'..os' is not a backend"),
    "contender twice": (contenders(ContenderInfo("jax", "jax", "1")), "a contender twice"),
    "settings": (contenders(settings={"steps": "many"}), "steps must be a whole number"),
    "steps of other digits": (contenders(settings={"steps": "01"}), "are no settings of jax"),
    "unknown settings": (contenders(settings={"x": "y\n"}), "is not a setting of jax"),
    "jit": (contenders(settings={"jit": "maybe"}), "is not a setting of jax"),
    "nobody there": (contenders(missing="gone"), "is a control of no contender"),
    "control of nobody": (
        contenders(ContenderInfo("x", "jax", "1", control_of="nobody")),
        "'x' is a control of no contender",
    ),
    "control of another": (
        contenders(ContenderInfo("x", "torch", "1", control_of="jax")),
        "'x' is a control of no contender",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_record_s_plan_is_checked_like_a_request(name):
    change, reason = BAD[name]
    with pytest.raises(BadInputError) as error:
        plan_from_header(change(header()))
    text = str(error.value)
    assert text.startswith("the record can't be resumed: ")
    assert reason in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (sized(batch_sizes=[2000]), "--batch-size 2000 is larger than the data"),
        (plan(batch_size=2000), "--batch-size 2000 is larger than the data"),
        (plan(passes=["quality"], quality_train_samples=2000), "and data has 1,000"),
        (plan(passes=["quality"], quality_train_samples=10), "larger than the 10 samples"),
        (plan(passes=["profile"], batch_size=1000, profile_steps=1000), "GiB, more than the"),
    ],
)
def test_its_sizes_fit_into_the_images(change, reason):
    with pytest.raises(BadInputError, match=reason):
        check_samples(plan_from_header(change(header())), COUNTS)


VALUES = [0, 1, -1, 2**40, 0.5, "", "jax", "ae400", "native-jax", "x\n", "\u202e", None, True]
VALUES += [[], {}, ["speed"], [1, 1], {"steps": "9" * 5000}, {"jit": "on"}]


@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_whatever_a_header_says_it_is_a_plan_or_refused(whole, data):
    found = json.loads(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        inner = found
        while isinstance(inner, (dict, list)) and inner:
            keys = list(inner) if isinstance(inner, dict) else range(len(inner))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(inner[key], (dict, list)) or data.draw(st.integers(0, 4)) == 0:
                inner[key] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))
                break
            inner = inner[key]
    try:
        told = msgspec.json.decode(json.dumps(found), type=Header)
    except msgspec.ValidationError:
        return
    try:
        plan = plan_from_header(told)
        check_samples(plan, COUNTS)
    except BadInputError as error:
        assert "\n" not in str(error)
        return
    assert len(plan.tasks()) <= checks.MOST_TASKS
    for task in plan.tasks():
        assert task_seconds(plan, task, 1000, 1000) >= 0
    run_output.show(Console(quiet=True), plan, OF_ANY_MODEL, plan.tasks(), Forecast())


def test_what_is_refused_leaves_the_record_as_it_was(aebench, tmp_path):
    for name in ("unknown pass", "a backend's name", "no batch size", "contender twice", "blocks"):
        before = written(tmp_path / name, BAD[name][0](header()))
        for dry in ([], ["--dry-run"]):
            done = aebench("run", "--resume", name, *dry)
            assert (done.returncode, done.stdout) == (2, ""), done.stderr
            assert done.stderr.count("\n") == 1
        assert (tmp_path / name / "record.jsonl").read_bytes() == before
        assert [path.name for path in (tmp_path / name).iterdir()] == ["record.jsonl"]


def test_only_plain_files_are_read_for_a_record(aebench, tmp_path):
    told = header()
    for choice in ("/dev/zero.npz", "nowhere.npz", "/dev/zero", "\0.npz", "a" * 5000 + ".npz"):
        data = msgspec.structs.replace(told.data, choice=choice)
        folder = tmp_path / f"of-{abs(hash(choice))}"
        written(folder, msgspec.structs.replace(told, data=data))
        done = aebench("run", "--resume", folder.name)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": 1_000_000},
        {"seeds": 100_000},
        {"epochs": 100_001},
        {"seeds": 3000, "epochs": 3000},
        {"batch_sizes": [2**60]},
        {"batch_sizes": range(1, 1000), "preset": "publish", "passes": ["speed"]},
        {"models": ["ae400"] * 5000},
        {"models": [f"ae400-dropout{n / 10000}" for n in range(1, 990)], "seeds": 100},
        {"backends": ["jax"] * 2000},
        {"backends": [f"jax:steps={n}" for n in range(1, 1001)], "passes": ["parity"]},
        {"profile_steps": 2**70},
        {"threads": 2**70},
    ],
)
def test_a_request_has_bounds_too(changes):
    wanted = {"backends": ["jax"], "passes": ["quality", "speed"], **changes}
    with pytest.raises(BadInputError, match=r"at most|allowed|larger than|lets it use"):
        plan_from_request(Request(**wanted), COUNTS)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 0.0, 1e300])
def test_a_time_limit_is_a_time(seconds):
    with pytest.raises(BadInputError, match=r"must be more than 0 seconds, and at most 604,800\."):
        checks.time_limit(seconds)
    checks.time_limit(0.1)
