"""Test runs from Python without measuring: arguments are options, and refused as these are."""

import inspect
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import aebench
from aebench.bench.campaign import interrupts
from aebench.bench.cli.commands import COMMANDS
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import OPTIONS
from aebench.bench.plan import model_refs
from aebench.bench.python import running
from helpers import forked
from helpers.paths import CLEAN, ROOT

UNITS = 3
# Options that Python has no use for: a notebook can call the command.
OF_THE_COMMAND = {"dry-run", "write", "json"}


def build():
    raise AssertionError("a model's code runs in workers alone")


def other():
    return UNITS


def same_name():
    def build():
        return 3

    return build


def wide():
    return 4


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AEBENCH_DATA", "embedded")
    return tmp_path


def test_the_arguments_are_the_options():
    (run,) = (command for command in COMMANDS if command.name == "run")
    options = {OPTIONS[name].name for name in run.options} - {""} - OF_THE_COMMAND
    names = {name.replace("_", "-") for name in inspect.signature(aebench.run).parameters}
    renamed = {"backends": "contender", "passes": "pass"}
    assert {renamed.get(name, name) for name in names} - {"study"} == options


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "ae300"}, ["--model", "ae300"]),
        ({"backends": ["jax", "theano"]}, ["--backend", "jax", "theano"]),
        ({"preset": "slow"}, ["--preset", "slow"]),
        ({"batch_size": [32, 2000]}, ["--batch-size", "32", "2000"]),
        ({"model": Path("nowhere.py")}, ["--model", "nowhere.py"]),
        ({"passes": ""}, ["--pass", ""]),
        ({"margin": [3, 1]}, ["--margin", "3", "1"]),
        ({"set": {"units": [1, 2]}}, ["--set", "units=1,2"]),
        ({"resume": "nowhere"}, ["--resume", "nowhere"]),
        ({"out": __file__}, ["--out", __file__]),
    ],
)
def test_bad_input_is_refused_by_the_sentence_of_the_command(here, arguments, words):
    with pytest.raises(aebench.BadInputError) as error:
        aebench.run(**arguments)
    data = [] if "--resume" in words else ["--data", "embedded"]
    said = forked.run(here, "run", *words, *data).stderr
    assert said == f"aebench: {error.value}\n"
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"launches": 1.5}, "launches must be a whole number, and 1.5 is not."),
        ({"backends": []}, "backends is an empty list: give a value, or leave it out."),
        ({"model": ["ae400", 3]}, "model must be a text, and 3 is not."),
        ({"report": 1}, "report must be true or false, and 1 is neither."),
        ({"model": other}, "other uses UNITS, which a file of its own wouldn't have"),
        ({"model": [build, same_name()]}, "two functions have the same name"),
        ({"model": build, "backends": "theano"}, "'theano' is not a backend"),
        ({"model": build, "preset": "slow"}, "'slow' is not a preset"),
        ({"model": build, "launches": "3"}, "launches must be a whole number"),
        ({"model": build, "resume": "old"}, "--resume takes the plan from the record: give the"),
        ({"model": build, "out": __file__}, f"{__file__} is a file: give a folder."),
        ({"model": "ae400", "data": build}, "data is a function, and a model isn't: give the"),
        ({"data": build, "model": [build, "lstm"]}, "data is a function, and a model isn't"),
        ({"study": "nowhere.toml"}, "nowhere.toml can't be read as a study's file"),
    ],
)
def test_what_python_alone_can_ask_for_is_refused_and_no_file_is_left(here, arguments, sentence):
    with pytest.raises(aebench.BadInputError) as error:
        aebench.run(**arguments)
    assert str(error.value).startswith(sentence)
    assert list(here.iterdir()) == []


def test_a_function_is_a_file_beside_the_record_while_it_is_measured(here):
    arguments = {"model": [build, "lstm", wide], "out": "kept", "batch_size": 32}
    with running._functions_in_files(arguments) as asked:
        file = here / "kept" / "models" / "build.py"
        assert "def build():" in file.read_text()
        given, command = running._given(asked.arguments)
        assert given["model"] == ["kept/models/build.py", "lstm", "kept/models/wide.py:wide"]
        assert command == [
            *("run", "--out", "kept", "--batch-size", "32"),
            *("--model", "kept/models/build.py", "lstm", "kept/models/wide.py:wide"),
        ]
        names = [model.name for model in model_refs.read(given["model"])]
        assert names == ["build", "lstm", "wide"]
        (here / "kept" / "record.jsonl").touch()
    assert file.exists()
    with (
        pytest.raises(aebench.BadInputError, match=r"record.jsonl exists: give another --out"),
        running._functions_in_files(arguments),
    ):
        pass
    (here / "kept" / "record.jsonl").unlink()
    with (
        pytest.raises(aebench.BadInputError, match=r"build.py exists: give another out"),
        running._functions_in_files(arguments),
    ):
        pass
    assert file.exists()


def test_a_study_counts_less_than_arguments(here):
    (here / "study.toml").write_text("launches = 3\nmodel = 'ae400'\n")
    given, command = running._given({"study": "study.toml", "launches": 2})
    assert given == {"launches": 2, "model": ["ae400"]}
    assert command == ["run", "--model", "ae400", "--launches", "2"]


def test_a_worker_does_not_measure(monkeypatch):
    monkeypatch.setattr(
        sys.modules["__main__"], "__spec__", SimpleNamespace(name="aebench.bench.worker.__main__")
    )
    with pytest.raises(aebench.BadInputError, match="a model's file calls"):
        aebench.run("ae400")


def test_signals_are_handled_afterwards_as_before():
    def mine(number, frame):
        pass

    before = signal.signal(signal.SIGTERM, mine)
    try:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]
        with interrupts.restored():
            interrupts.ignore()
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is mine
        assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_interrupted_run_raises_and_leaves_signals_as_they_were(monkeypatch, here):
    def interrupted(*arguments, **keywords):
        interrupts.ignore()
        return "interrupted", here / "kept"

    # An interrupt of real workers is tested by tests/bench/campaign.
    monkeypatch.setattr(Measurement, "measured", interrupted)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt, match=r"what was measured is kept: aebench.load\("):
        aebench.run("ae400")
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_a_run_in_another_thread_leaves_signals_alone():
    raised = []

    def enter():
        try:
            with interrupts.restored(), interrupts.interruptible() as ignore:
                ignore()
        except ValueError as error:
            raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert not raised


def test_to_import_aebench_imports_nothing_and_changes_no_handler():
    code = (
        "import signal, sys\n"
        "before = [signal.getsignal(each) for each in signal.valid_signals()]\n"
        "import aebench\n"
        "assert not [name for name in sys.modules if name.startswith('aebench.')]\n"
        "aebench.run, aebench.load, aebench.BadInputError\n"
        "assert before == [signal.getsignal(each) for each in signal.valid_signals()]\n"
        "assert 'pandas' not in sys.modules and 'matplotlib' not in sys.modules\n"
        "print(*dir(aebench))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
        check=True,
    )
    assert done.stdout.split() == sorted(aebench.__all__)
