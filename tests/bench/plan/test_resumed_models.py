"""Test resuming records of models in users' own files: a file is run only if the user gives it."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from aebench.bench.data.datasets import EMBEDDED, Dataset
from aebench.bench.data.model_data import counts_of_images
from aebench.bench.errors import BadInputError
from aebench.bench.models.loading import describe
from aebench.bench.models.model import FileModel
from aebench.bench.plan import model_files
from aebench.bench.plan.model_info import describe_model
from aebench.bench.plan.model_refs import read
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.resuming import command, plan_from_header
from aebench.bench.system import machine
from aebench.reports.journal import Journal, load
from aebench.reports.record import Header, QualityEpoch
from helpers import sample

IMAGES = np.zeros((1000, 28, 28), np.uint8)
DATA = Dataset("data", IMAGES, IMAGES, EMBEDDED)
SOURCE = """
from os import system


def build(units):
    import keras

    open({marker!r}, "w").close()
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(784, activation="sigmoid"),
            keras.layers.Reshape((28, 28)),
        ]
    )
    model.compile(loss="mse", optimizer="adam")
    return model
"""


@pytest.fixture
def file(tmp_path) -> Path:
    """Write a user's own model, which makes a file when it is run; return its path."""
    path = tmp_path / "mine" / "classifier.py"
    path.parent.mkdir()
    path.write_text(SOURCE.format(marker=str(tmp_path / "was-run")))
    return path


def planned(file, data, **changes) -> Plan:
    asked = Request(
        **{"backends": ["jax"], "models": ["ae200"], "passes": ["quality"], "seeds": 2, **changes}
    )
    made = plan_from_request(asked, counts_of_images(data))
    model = FileModel(describe("classifier", str(file), {"units": 8}), parameters=13336)
    return Plan(made.info, [model], made.contenders)


def header(plan) -> Header:
    """Return the header of a record of a plan that was measured on this machine."""
    example = sample.make().header
    return msgspec.structs.replace(
        example,
        plan=plan.info,
        contenders=plan.contenders,
        models=plan.describe_models(),
        workloads=plan.describe_workloads(),
        cells=[],
        tasks=plan.describe_tasks(),
        machine=machine.describe(),
        data=msgspec.structs.replace(example.data, choice="embedded", train_samples=1000),
    )


@pytest.fixture
def record_header(file) -> Header:
    return header(planned(file, DATA))


@pytest.fixture
def old(tmp_path, record_header):
    """Yield the folder of a record without measurements; check then that nothing was done to it."""
    Journal.begin(tmp_path / "old" / "record.jsonl", record_header).close()
    before = (tmp_path / "old" / "record.jsonl").read_bytes()
    yield tmp_path / "old"
    assert (tmp_path / "old" / "record.jsonl").read_bytes() == before
    assert not (tmp_path / "was-run").exists()


def test_the_plan_is_that_of_the_record(record_header, file):
    plan = plan_from_header(record_header, [str(file)])
    assert plan.info == record_header.plan
    assert plan.describe_models() == record_header.models
    here = describe("classifier", str(file), {"units": 8}, folder=str(file.parent))
    assert plan.model("classifier").description == here
    assert command(Path("old"), record_header.contenders, plan.models) == (
        f"aebench run --resume old --model {file}"
    )


def test_the_file_is_not_run_if_the_user_does_not_give_it(aebench, old, file):
    for given, reason in (
        ([], "would run classifier.py, of which the record doesn't say where: add --model with"),
        (["--model", "ae200"], "'ae200' is no file of the record's models: give the path of class"),
        (["--model", str(old)], "is no file of the record's models"),
    ):
        done = aebench("run", "--resume", "old", *given)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("given", [[], ["--model", "mine/classifier.py"]])
def test_a_dry_run_says_which_file_would_be_run(aebench, old, given):
    done = aebench("run", "--resume", "old", "--dry-run", *given)
    assert done.returncode == 0, done.stderr
    assert "Resuming would run classifier.py; add --model with the path" in done.stdout
    assert "classifier" in done.stdout


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_file_that_changed_or_is_gone_is_one_sentence(aebench, old, file, dry):
    file.write_text(f"{file.read_text()}# another line\n")
    done = aebench("run", "--resume", "old", "--model", "mine/classifier.py", *dry)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "aebench: the record can't be resumed: the file mine/classifier.py of the model "
        "'classifier' has changed since the run was planned: bring back the file as it was, or "
        "start a new run.\n"
    )
    file.unlink()
    done = aebench("run", "--resume", "old", "--model", "mine/classifier.py", *dry)
    assert (done.returncode, done.stdout) == (2, "")
    assert "classifier.py can't be read: No such file or directory" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("function", ["system", "nothing", "build "])
def test_a_record_calls_no_function_that_the_file_does_not_define(record_header, file, function):
    (model,) = record_header.models
    strange = msgspec.structs.replace(model, function=function)
    with pytest.raises(BadInputError, match="defines no function"):
        plan_from_header(msgspec.structs.replace(record_header, models=[strange]), [str(file)])


def test_of_two_files_of_one_name_each_model_gets_its_own(record_header, file, tmp_path):
    other = tmp_path / "other" / "classifier.py"
    other.parent.mkdir()
    other.write_text("def build(): ...\n")
    second = FileModel(describe("second", str(other), {}))
    both = header(
        Plan(
            record_header.plan,
            [plan_from_header(record_header, [str(file)]).models[0], second],
            record_header.contenders,
        )
    )
    plan = plan_from_header(both, [str(file), str(other)])
    assert [model.description.where for model in plan.models] == [str(file), str(other)]
    with pytest.raises(BadInputError, match="'second' has changed"):
        plan_from_header(both, [str(file)])


def test_a_module_s_function_is_run_only_if_the_user_names_it(record_header):
    (model,) = record_header.models
    of_module = msgspec.structs.replace(model, where="mine.models", function="build")
    header = msgspec.structs.replace(record_header, models=[of_module])
    description = plan_from_header(header, ["mine.models:build"]).models[0].description
    assert (description.where, description.function) == ("mine.models", "build")
    assert (description.sha256, description.folder) == (model.sha256, str(Path.cwd()))
    # Without the user's consent nothing is to be found, and no plan needs it.
    assert not plan_from_header(header).models[0].description.folder
    for given in ("mine.models", "mine.models:other"):
        with pytest.raises(BadInputError, match=r"give --model mine\.models:build"):
            plan_from_header(header, [given])
    plan = plan_from_header(header, ["mine.models:build"])
    assert command(Path("old"), header.contenders, plan.models) == (
        "aebench run --resume old --model mine.models:build"
    )


def test_a_function_behind_the_file_s_path_names_the_file(record_header, file):
    model_files.check_given(record_header.models, [f"{file}:build"])
    model_files.check_allowed(record_header.models, [f"{file}:build"])
    assert plan_from_header(record_header, [f"{file}:build"]).models[0].description.where == str(
        file
    )


def test_a_built_in_model_needs_no_consent(record_header):
    (lstm,) = read(["lstm"], ["units=4"])
    model = describe_model(FileModel(lstm, 1, 4, 0))
    header = msgspec.structs.replace(record_header, models=[model])
    plan = plan_from_header(header)
    assert plan.models[0].description == lstm
    assert command(Path("old"), header.contenders, plan.models) == "aebench run --resume old"
    for change in ({"sha256": "5a"}, {"function": "data"}):
        other = msgspec.structs.replace(model, **change)
        with pytest.raises(BadInputError, match="has another model 'lstm units=4'"):
            plan_from_header(msgspec.structs.replace(header, models=[other]))


@pytest.mark.slow
def test_a_run_of_a_file_s_model_is_carried_on(aebench, tmp_path, file):
    asked = [str(file), "--set", "units=8"]
    sizes = ["--pass", "quality", "--seeds", "2", "--epochs", "1", "--train-samples", "640"]
    done = aebench("run", "--backend", "jax", "--model", *asked, *sizes, "--out", "old")
    assert done.returncode == 0, done.stdout + done.stderr
    path = tmp_path / "old" / "record.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if b'"task_end"' in line)
    path.write_bytes(b"".join(lines[: cut + 1]))
    (first,) = load(path).of(QualityEpoch)
    # The file may have moved: its bytes count.
    moved = file.rename(tmp_path / file.name)
    done = aebench("run", "--resume", "old", "--model", moved.name)
    assert done.returncode == 0, done.stdout + done.stderr
    record = load(path)
    assert record.outcome == "complete"
    assert [row.seed for row in record.of(QualityEpoch)] == [0, 1]
    assert record.of(QualityEpoch)[0] == first
    assert "Nothing is missing." in aebench("run", "--resume", "old").stdout
