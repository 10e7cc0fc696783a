import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from aebench import backends
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import parse
from aebench.bench.models.model import FileModel
from aebench.bench.plan import checks
from aebench.bench.plan.contenders import find
from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.interpreters import check_versions
from aebench.bench.plan.plan import ContenderCell
from aebench.bench.plan.presets import PASSES, PRESETS, Sizes
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.resuming import check_machine, plan_from_header
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.system import machine
from aebench.reports.record import Cell, Task
from helpers import sample
from helpers.images import COUNTS, DATA


def installed(monkeypatch, *names):
    """Pretend that only these backends are installed: the test environment has all of them."""
    monkeypatch.setattr(
        backends, "installed_version", lambda name: "1.0" if name in names else None
    )


def test_presets_are_the_protocols():
    sizes = {
        name: {each.workload: (each.launches, each.blocks) for each in preset.sizes}
        for name, preset in PRESETS.items()
    }
    original, explains = sizes.pop("original"), sizes.pop("profile")
    assert sizes == {
        "quick": {"train": (3, 6), "predict": (3, 2)},
        "standard": {"train": (5, 16), "predict": (5, 4)},
        "publish": {"train": (8, 16), "predict": (8, 4)},
    }
    # Other presets time steps. If this preset is asked for steps, it uses the sizes of standard.
    assert original == {"train": (5, 16)}
    assert PRESETS["original"].sizes_of("predict") == Sizes("predict", (32,), 5, 16)
    assert explains == {"train": (3, 4), "predict": (3, 4)}
    assert set(PRESETS["quick"].passes) == {"parity", "speed", "footprint", "quality"}
    assert PRESETS["quick"].models == ("ae400", "ae800", "ae800-dropout")


def test_the_original_preset_is_the_full_training():
    info = plan_from_request(Request(preset="original"), COUNTS).info
    assert info.passes == ["parity", "footprint", "quality"]
    assert (info.epochs, info.batch_size, info.seeds) == (20, 32, [0, 1, 2, 3, 4])
    assert info.quality_train_samples == len(DATA.train)
    assert all(parse(name).learning_rate == 1.5 for name in PRESETS["original"].models)
    assert plan_from_request(Request(preset="original", passes=["speed"]), COUNTS).info.passes == [
        "parity",
        "speed",
    ]


@pytest.mark.parametrize("name", ["jax", "jax:steps=2", "jax:input=pydataset", "numpy"])
def test_settings_that_leave_out_a_pass_keep_no_run_from_being_carried_on(monkeypatch, name):
    installed(monkeypatch, "jax", "numpy")
    asked = Request(backends=[name], workloads=["predict"], passes=["speed"])
    plan = plan_from_request(asked, COUNTS)
    header = msgspec.structs.replace(
        sample.make().header,
        plan=plan.info,
        contenders=plan.contenders,
        models=plan.describe_models(),
        machine=machine.describe(),
    )
    assert plan_from_header(header) == plan


def test_rounds_take_as_long_as_is_asked_for(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    usual, short = (
        plan_from_request(request, COUNTS) for request in (Request(), Request(round_seconds=0.1))
    )
    assert (usual.round_seconds, short.round_seconds) == (0.4, 0.1)
    task = next(each for each in usual.tasks() if each.pass_name == "speed")
    assert task_seconds(short, task, 1000, 1000) < task_seconds(usual, task, 1000, 1000)
    # A record of a former version doesn't say how long its rounds took.
    told = msgspec.structs.replace(short.info, round_seconds=None)
    assert replace(short, info=told).round_seconds == 0.4


def test_launches_and_blocks_can_be_asked_for(monkeypatch):
    installed(monkeypatch, "jax")
    found = plan_from_request(Request(launches=2, blocks=5), COUNTS).info
    assert {(each.launches, each.blocks) for each in found.sizes} == {(2, 5)}
    alone = plan_from_request(Request(blocks=5, workloads=["predict"]), COUNTS).info
    assert [(each.launches, each.blocks) for each in alone.sizes] == [(3, 5)]


@pytest.mark.parametrize("asked", [{"launches": 0}, {"blocks": -1}, {"launches": 10**9}])
def test_senseless_launches_and_blocks_are_refused(monkeypatch, asked):
    installed(monkeypatch, "jax")
    (name,) = asked
    with pytest.raises(BadInputError, match=f"--{name} "):
        plan_from_request(Request(**asked), COUNTS)


def test_controls_are_in_the_speed_pass_alone(monkeypatch):
    installed(monkeypatch, "torch", "jax")
    plan = plan_from_request(Request(reference="torch"), COUNTS)
    assert [each.name for each in plan.running] == ["jax", "torch"]
    assert [each.name for each in plan.in_blocks] == ["jax", "torch", "torch A/A", "jax A/A"]
    control = plan.in_blocks[2]
    assert (control.backend, control.control_of, control.known_effect) == ("torch", "torch", 0.0)
    assert not any("A/A" in task.contender for task in plan.tasks())


def test_where_places_are_selected_the_reference_and_its_control_are_there(monkeypatch):
    installed(monkeypatch, "tensorflow", "torch", "jax")
    plan = plan_from_request(Request(models=["ae400"]), COUNTS)
    places = frozenset(
        ContenderCell(name, "ae400", "train", 32) for name in ("tensorflow", "torch")
    )
    narrow = plan.only(places)
    names = ["tensorflow", "torch", "tensorflow A/A", "torch A/A"]
    assert [each.name for each in narrow.in_blocks] == names
    assert (narrow.info.reference, narrow.info.workloads) == ("tensorflow", ["train"])
    assert [plan.info.sizes_of("train").blocks, narrow.info.sizes_of("train").blocks] == [6, 6]
    control = narrow.in_blocks[2]
    assert narrow.cells() == [Cell("ae400", "train", 32)]
    assert narrow.takes_part(control, Cell("ae400", "train", 32))
    assert not narrow.takes_part(control, Cell("ae400", "predict", 32))
    one = plan.only(frozenset({ContenderCell("jax", "ae400", "predict", 32)}))
    assert [each.name for each in one.in_blocks] == ["jax", "jax A/A"]


@pytest.mark.parametrize(
    ("different", "same", "reason"),
    [
        (0.05, 0.03, "--margin 5 3: the first number, .*, must be at most the second"),
        (-0.02, 0.03, "--margin -2 must be from 0 to 100"),
        (0.01, 3.0, "--margin 300 must be from 0 to 100"),
        (float("nan"), 0.03, "--margin nan must be from 0 to 100"),
    ],
)
def test_margins_that_make_no_sense_are_refused(monkeypatch, different, same, reason):
    installed(monkeypatch, "jax")
    with pytest.raises(BadInputError, match=reason):
        plan_from_request(Request(different=different, same=same), COUNTS)
    for margins in ((0.02, 0.05), (0.1, 0.1)):
        info = plan_from_request(Request(different=margins[0], same=margins[1]), COUNTS).info
        assert (info.different, info.same) == margins


def test_what_is_missing_is_a_row_unless_it_was_asked_for(monkeypatch):
    installed(monkeypatch, "torch")
    plan = plan_from_request(Request(), COUNTS)
    assert [each.name for each in plan.running] == ["torch"]
    assert "pip install" in next(each for each in plan.contenders if each.missing).missing
    assert plan.info.reference == "torch"
    with pytest.raises(BadInputError, match=r"jax isn't installed: pip install .*\[jax\]"):
        plan_from_request(Request(backends=["jax"]), COUNTS)


def test_no_backend_at_all_says_what_to_type(monkeypatch):
    installed(monkeypatch)
    with pytest.raises(BadInputError, match=r"pip install .*\[cpu\]"):
        plan_from_request(Request(), COUNTS)


def test_reference(monkeypatch):
    installed(monkeypatch, "tensorflow", "torch", "jax")
    assert plan_from_request(Request(), COUNTS).info.reference == "jax"
    assert plan_from_request(Request(reference="torch"), COUNTS).info.reference == "torch"
    assert (
        plan_from_request(Request(backends=["torch", "tensorflow"]), COUNTS).info.reference
        == "tensorflow"
    )


def test_names_are_taken_once(monkeypatch):
    installed(monkeypatch, "jax")
    asked = Request(models=["ae800-dropout", "ae800-dropout0.3"], batch_sizes=[32, 32])
    plan = plan_from_request(asked, COUNTS)
    assert [each.name for each in plan.models] == ["ae800-dropout"]
    assert plan.info.batch_sizes == [32]


def test_quick_trains_on_less_and_an_explicit_size_wins(monkeypatch):
    installed(monkeypatch, "jax")
    assert plan_from_request(Request(), COUNTS).info.quality_train_samples == 10_000
    assert (
        plan_from_request(Request(preset="standard"), COUNTS).info.quality_train_samples == 60_000
    )
    assert (
        plan_from_request(Request(train_samples=60_000), COUNTS).info.quality_train_samples
        == 60_000
    )


def test_quick_trains_enough_to_leave_the_plateau_and_measures_one_model_in_full(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    plan = plan_from_request(Request(), COUNTS)
    trained = [(task.model, task.contender) for task in plan.tasks() if task.pass_name == "quality"]
    assert trained == [
        ("ae400", "jax"),
        ("ae400", "torch"),
        ("ae800", "jax"),
        ("ae800-dropout", "jax"),
    ]
    cold = [(task.model, task.contender) for task in plan.tasks() if task.pass_name == "footprint"]
    assert cold == [("ae400", "jax"), ("ae400", "torch")]
    assert {cell.model for cell in plan.cells()} == {"ae400"}
    checked = [(task.model, task.contender) for task in plan.tasks() if task.pass_name == "parity"]
    # Of the other models nothing is compared between contenders.
    assert checked == cold
    # 2,500 steps at batch 32: of 10,000 images, of the 4,000 embedded digits, and of all of MNIST.
    assert plan.info.epochs == 8
    digits = COUNTS._replace(train=4000)
    assert plan_from_request(Request(), digits).info.epochs == 20
    assert plan_from_request(Request(train_samples=60_000), COUNTS).info.epochs == 1
    # Few images aren't repeated without end.
    few = COUNTS._replace(train=320)
    assert plan_from_request(Request(train_samples=320), few).info.epochs == 20
    other = plan_from_request(Request(reference="torch"), COUNTS)
    assert Task("quality", "ae800", "torch", 0) in other.tasks()
    assert Task("quality", "ae800", "jax", 0) not in other.tasks()


def test_models_without_a_plateau_train_for_fewer_steps(monkeypatch):
    installed(monkeypatch, "jax")
    lstm = FileModel(ModelDescription("lstm", "lstm.py", "build", {}, ""), parameters=10)
    own = plan_from_request(Request(), COUNTS._replace(train=4096), [lstm]).info
    assert own.epochs == 4
    beside = plan_from_request(Request(), COUNTS._replace(train=4096), [lstm, parse("ae400")]).info
    assert beside.epochs == 20


def test_what_the_user_asks_of_quick_s_trainings_wins(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    asked = plan_from_request(Request(epochs=3, seeds=2), COUNTS).info
    assert (asked.epochs, asked.seeds) == (3, [0, 1])
    # Models and passes that are named are measured in full.
    named = plan_from_request(Request(models=["ae400", "ae800"]), COUNTS)
    assert named.info.measured_in_full is None
    assert sum(task.pass_name == "quality" for task in named.tasks()) == 4
    assert sum(task.pass_name == "footprint" for task in named.tasks()) == 4
    assert {cell.model for cell in named.cells()} == {"ae400", "ae800"}
    speed = plan_from_request(Request(passes=["speed"]), COUNTS)
    assert {cell.model for cell in speed.cells()} == {"ae400", "ae800", "ae800-dropout"}
    usual = plan_from_request(Request(preset="standard"), COUNTS)
    assert (usual.info.measured_in_full, usual.info.epochs) == (None, 20)


def test_what_is_selected_is_measured_in_all_passes(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    plan = plan_from_request(Request(), COUNTS)
    selected = plan.only(frozenset({ContenderCell("torch", "ae800", "train", 32)}))
    assert {(task.pass_name, task.model) for task in selected.tasks()} == {
        (name, "ae800") for name in ("parity", "speed", "footprint", "quality")
    }


def test_the_reference_may_be_spelled_as_it_was_asked_for(tmp_path, monkeypatch):
    for name in ("old", "new"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    asked = [f"jax:nojit@./{name}/bin/python" for name in ("old", "new")]
    for reference in (asked[1], "jax:nojit@new/bin/python", "jax:nojit@new"):
        plan = plan_from_request(Request(backends=asked, reference=reference), COUNTS, run=False)
        assert plan.info.reference == "jax:nojit@new"
    with pytest.raises(BadInputError, match="use jax:nojit@old, jax:nojit@new"):
        plan_from_request(Request(backends=asked, reference="jax"), COUNTS, run=False)


def test_where_the_reference_cannot_train_another_one_trains_all(monkeypatch):
    installed(monkeypatch, "jax", "numpy", "torch")
    plan = plan_from_request(Request(backends=["numpy", "torch", "jax"], reference="numpy"), COUNTS)
    trained = [(task.model, task.contender) for task in plan.tasks() if task.pass_name == "quality"]
    first = trained[0][1]
    assert first in ("jax", "torch")
    assert [name for model, name in trained if model == "ae800"] == [first]


def test_an_estimate_grows_with_the_work(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    total = {
        name: sum(task_seconds(plan, task, 60000, 10000) for task in plan.tasks())
        for name, plan in (
            (name, plan_from_request(Request(preset=name), COUNTS)) for name in PRESETS
        )
    }
    assert 60 < total["quick"] < total["standard"] < total["publish"]


def test_controls_that_take_turns_cost_no_more_than_one(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    plan = plan_from_request(Request(models=["ae400"]), COUNTS)
    single = replace(plan, contenders=plan.contenders[:-1])
    assert [each.name for each in single.in_blocks] == ["jax", "torch", "jax A/A"]
    first = Task("speed", "ae400", "", 0)
    assert task_seconds(plan, first, 60_000, 10_000) == task_seconds(single, first, 60_000, 10_000)
    # Fewer measurements than 3 launches of 6 blocks of train and 2 of predict × 4 contenders.
    assert checks._counts(plan, plan.info)[1] == 3 * (6 + 2) * 3 + 2 * plan.info.epochs


def test_a_faster_machine_fills_the_same_rounds_with_more_steps(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    plan = plan_from_request(Request(preset="standard"), COUNTS)
    for task in plan.tasks():
        usual, faster = (task_seconds(plan, task, 60_000, 10_000, pace) for pace in (1.0, 0.5))
        if task.pass_name == "speed":
            # Only starting and compiling get faster, not the rounds.
            assert 0.52 * usual < faster < usual
        else:
            assert faster == pytest.approx(usual / 2)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_counted_beforehand_is_what_is_listed(monkeypatch, preset):
    installed(
        monkeypatch,
        "jax",
        "torch",
        *(f"native-{name}" for name in backends.default_names()),
        "gemm",
    )
    plan = plan_from_request(Request(preset=preset, passes=PASSES, seeds=3), COUNTS)
    assert checks._counts(plan, plan.info)[0] == len(plan.tasks())


def test_units_are_what_the_passes_measure_in_their_order(monkeypatch):
    installed(monkeypatch, "jax", "torch")
    plan = plan_from_request(Request(preset="standard", models=["ae400", "ae800"], seeds=2), COUNTS)
    tasks = plan.tasks()
    assert [task.pass_name for task in tasks] == ["parity"] * 4 + ["speed"] * 10 + [
        "footprint"
    ] * 12 + ["quality"] * 8
    assert tasks[:2] == [Task("parity", name, "jax", 0) for name in ("ae400", "ae800")]
    assert tasks[4:7] == [
        Task("speed", "ae400", "", 0),
        Task("speed", "ae800", "", 0),
        Task("speed", "ae400", "", 1),
    ]
    assert tasks[-2:] == [Task("quality", "ae800", "torch", seed) for seed in (0, 1)]
    one = plan.only(frozenset({ContenderCell("torch", "ae800", "train", 32)}))
    assert {(task.model, task.contender) for task in one.tasks()} == {
        ("ae800", ""),
        ("ae800", "torch"),
    }


def venv(folder: Path, name: str) -> str:
    """Make a virtual environment that can import this environment's packages."""
    path = folder / name / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_a_contender_can_have_an_interpreter_of_its_own(tmp_path):
    one, two = venv(tmp_path, "one"), venv(tmp_path, "two")
    (alone,) = find([f"jax@{one}"])
    assert (alone.name, alone.backend, alone.python) == ("jax", "jax", one)
    assert alone.version == backends.installed_version("jax")
    names = [each.name for each in find(["jax", f"jax@{one}", f"jax@{two}", "torch"])]
    assert names == ["jax", "jax@one", "jax@two", "torch"]


@pytest.mark.parametrize(
    "script",
    [
        "while :; do echo 1.0; done",
        r"printf '\377\376\n'",
        r"printf '\033[31m1.0\n'",
        "sleep 300 & exit 1",
        "exit 0",
        "printf '%1000s' | tr ' ' 9",
    ],
)
def test_an_interpreter_that_answers_anything_is_refused(tmp_path, script):
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    with pytest.raises(BadInputError, match=r"doesn't run, or has no jax"):
        find([f"jax@{path}"])


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("theano@python", "'theano' is not a backend"),
        ("jax@nowhere/python", "there is no interpreter 'nowhere/python'"),
        ("jax@/bin/false", "/bin/false doesn't run, or has no jax"),
    ],
)
def test_an_interpreter_that_is_not_there_is_refused(asked, reason):
    with pytest.raises(BadInputError, match=reason):
        find([asked])


def test_a_record_is_carried_on_only_where_it_began(monkeypatch):
    installed(monkeypatch, "jax")
    plan = plan_from_request(Request(), COUNTS)
    header = msgspec.structs.replace(
        sample.make().header,
        plan=plan.info,
        contenders=plan.contenders,
        models=plan.describe_models(),
        machine=machine.describe(),
    )
    assert plan_from_header(header) == plan
    elsewhere = msgspec.structs.replace(header.machine, processor="another")
    with pytest.raises(BadInputError, match="measured on another"):
        check_machine(msgspec.structs.replace(header, machine=elsewhere))
    # A processor of the same name may be another one.
    identity = {**header.machine.identity, "stepping": "99"}
    elsewhere = msgspec.structs.replace(header.machine, identity=identity)
    with pytest.raises(BadInputError, match=r"another machine of the name .*stepping: '?99"):
        check_machine(msgspec.structs.replace(header, machine=elsewhere))
    # Records from before hold no identity.
    check_machine(
        msgspec.structs.replace(
            header, machine=msgspec.structs.replace(header.machine, identity={})
        )
    )
    monkeypatch.setattr(backends, "installed_version", lambda name: "2.0")
    with pytest.raises(BadInputError, match=r"jax 1\.0, and here is 2\.0"):
        check_versions(plan_from_header(header).contenders)
