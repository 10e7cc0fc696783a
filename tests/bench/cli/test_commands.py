import json
import os
import signal
import subprocess
import sys
import time
from importlib import metadata

import psutil
import pytest

from aebench.bench.cli import parser
from aebench.bench.cli.commands import COMMANDS
from aebench.bench.errors import BadInputError
from aebench.reports.journal import load
from aebench.reports.record import Block, End, Failure, QualityEpoch, Reconstructions, Round
from helpers import forked
from helpers.paths import CLEAN, ROOT
from helpers.running import ONE_SIZE, SMALL, Run, gone


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "--backend", "all", "jax"], "'all' is not a backend: use jax"),
        (
            ["run", "--backend", "theano"],
            "'theano' is not a backend: use jax, numpy, openvino, tensorflow, torch",
        ),
        (["run", "--model", "ae300"], "300, 150, 75, stop"),
        (["run", "--preset", "slow"], "not a preset: use quick, standard, publish"),
        (["run", "--workload", "dream"], "not a workload: use train, predict"),
        (["run", "--contender", "torch:steps=4"], "torch:steps=4 isn't supported: Keras runs one"),
        (["run", "--contender", "jax:fast"], "'fast' is not a setting of jax"),
        (["parity", "--contender", "gemm"], "gemm trains nothing"),
        (
            ["run", "--contender", "native-jax", "--pass", "quality"],
            "nothing to measure in quality",
        ),
        (
            ["profile", "--contender", "jax", "native-jax"],
            "native-jax takes part in",
        ),
        (
            ["run", "--pass", "speeed"],
            "use parity, speed, footprint, quality, ladder, profile, memory",
        ),
        (["run", "--batch-size", "0"], "must be at least 1"),
        (["run", "--batch-size", "32", "-5"], "-5"),
        (["run", "--batch-size", "2000"], "larger than the data"),
        (
            ["run", "--batch-size", "many"],
            "--batch-size 'many' must be a whole number",
        ),
        (["run", "--time-limit", "soon"], "--time-limit: 'soon' is not a number"),
        (["run", "--model", ""], "--model: '' is empty: give a value, or leave the option out"),
        (["run", "--workload", ","], "--workload: '' is empty"),
        (["run", "--contender"], "--contender/--backend: expected at least one argument"),
        (["run", "--epochs", "0"], "--epochs 0 must be at least 1"),
        (["run", "--seeds", "-1"], "--seeds -1 must be at least 1"),
        (["run", "--threads", "0"], "--threads 0 must be at least 1"),
        (["run", "--threads", "4096"], "this machine lets it use"),
        (["run", "--train-samples", "0"], "out of range"),
        (["run", "--reference", "numpy"], "not among the contenders measured"),
        (["run", "--data", "nowhere.npz"], "can't be read"),
        (["run", "--time-limit", "0"], "more than 0"),
        (
            ["run", "--margin", "3", "1"],
            "--margin 3 1: the first number, beyond which a contender is different, must be at",
        ),
        (["run", "--margin", "1", "2", "3"], "--margin takes one number or two: --margin 10, or"),
        (["run", "--round-seconds", "0.01"], "--round-seconds 0.01 must be from 0.05 to 60"),
        (["run", "--round-seconds", "nan"], "--round-seconds nan must be from 0.05 to 60"),
        (["run", "--margin", "wide"], "--margin: 'wide' is not a number"),
        (["run", "--margin", "100"], "--margin 100 must be from 0 to 100"),
        (["profile", "--steps", "0"], "--steps 0 must be at least 1"),
        (["profile", "--steps", "5000"], "--steps 5000 must be at most 1,000"),
        (["profile", "--steps", "1000", "--batch-size", "1000"], "2.9 GiB, more than the 2 GiB"),
        (["profile", "--backend", "jax", "theano", "-o", "p"], "'theano' is not a backend"),
        (["memory", "--backend", "native-jax"], "nothing to measure"),
        (["memory", "--loop", "for"], "'for' is not a loop: use epochs, fit, predict,"),
        (["memory", "--loop", "fit", "--repeats", "5"], "--repeats 5 must be at least 20"),
        (["memory", "--loop", "all", "--repeats", "20000"], "must be at most 10,000"),
        (["memory", "--repeats", "30"], "--repeats is the number of repeats of each --loop"),
        (["memory", "--batch-size", "2000"], "larger than the data"),
        (["selfcheck", "--backend", "theano"], "'theano' is not a backend"),
        (["selfcheck", "--backend", "numpy"], "the self-check trains, and Keras's NumPy backend"),
        (
            ["run", "--contender", "numpy", "--workload", "train", "--pass", "speed"],
            "no contender supports what was asked for: numpy: Keras's NumPy backend has no fit",
        ),
        (["selfcheck", "--preset", "slow"], "not a preset"),
        (["selfcheck", "--batch-size", "2000"], "larger than the data"),
        (["run", "--backend", "jax@nowhere/python"], "there is no interpreter 'nowhere/python'"),
        (["run", "--resume", "nowhere"], "give the folder of a run"),
        (["run", "--frobnicate"], "--frobnicate"),
        (["show", "nowhere"], "can't be read (No such file or directory): give the folder"),
        (["measure"], "'measure' is not a command: use run, check, compare, duel, bisect"),
        (["report"], "arguments are required: RECORD: see aebench report --help."),
        (["run", "--model", "foo"], "is not a model: use an autoencoder such as ae400"),
        (["report", "nowhere"], "can't be read"),
        (["report", "old", "--language", "de"], "--language 'de' isn't known: use en or fr"),
        (["site", "nowhere"], "holds no report"),
        (["dance"], "dance"),
        (["completion", "fish"], "'fish' is not a shell known here: use bash, zsh, tcsh"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(tmp_path, arguments, reason):
    measuring = ("run", "selfcheck", "parity", "explain", "profile", "memory")
    if arguments[0] in measuring and not {"--data", "--resume"} & set(arguments):
        arguments = [*arguments, "--data", "embedded"]
    done = forked.run(tmp_path, *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.startswith("aebench: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_a_refusal_names_the_help_of_its_command(command):
    needed = {name: ["old"] for name in ("show", "open", "report")}
    needed |= {"completion": ["bash"], "check": ["lstm"], "duel": ["jax", "torch"]}
    needed["tune"] = ["--backend", "jax"]
    needed["bisect"] = ["jax", "--good", "a==1", "--bad", "a==2"]
    needed |= {"compare": ["old", "new"], "history": ["old"], "prune": ["old"]}
    arguments = needed.get(command, [])
    with pytest.raises(BadInputError) as error:
        parser.make().parse_args([command, *arguments, "--frobnicate"])
    assert str(error.value) == (
        f"unrecognized arguments: --frobnicate: see aebench {command} --help."
    )


def test_a_refusal_outside_a_command_names_the_list_of_commands(aebench):
    done = aebench("--frobnicate", "parity")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "aebench: unrecognized arguments: --frobnicate: see aebench --help.\n"


def test_no_record_is_overwritten(aebench, record):
    before = record.read_bytes()
    done = aebench("run", *SMALL, "--out", "old")
    assert done.returncode == 2
    assert "nothing was overwritten" in done.stderr
    assert record.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_refused(aebench, tmp_path):
    (tmp_path / "file").write_text("")
    for folder, reason in (("file/inside", "can't be written"), ("file", "file is a file: give")):
        done = aebench("run", *SMALL, "--out", folder)
        assert done.returncode == 2
        assert reason in done.stderr


def test_a_report_does_not_go_where_another_record_lies(aebench, record, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "record.jsonl").write_bytes(record.read_bytes())
    done = aebench("report", "old", "-o", "other")
    assert done.returncode == 2
    assert done.stderr == "aebench: other holds a record of its own: give another -o.\n"
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["record.jsonl"]


def test_resume_takes_everything_from_the_record(aebench, record):
    before = record.read_bytes()
    for arguments, reason in (
        (["--backend", "jax"], "leave out --contender"),
        (["--model", "ae400"], "leave out --model"),
        (["--pass", "speed"], "leave out --pass"),
        (["--data", "embedded"], "leave out --data"),
    ):
        done = aebench("run", "--resume", "old", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"--resume takes the plan from the record: {reason}." in done.stderr
    done = aebench("run", "--resume", "old", AEBENCH_DATA="embedded")
    assert done.returncode == 2
    assert "the record was measured on Processor with 2 cores" in done.stderr
    assert record.read_bytes() == before


def test_resume_takes_one_run(aebench, record, tmp_path):
    (tmp_path / "two" / "a").mkdir(parents=True)
    (tmp_path / "two" / "a" / "record.jsonl").write_bytes(record.read_bytes())
    for folder in ("two", "."):
        done = aebench("run", "--resume", folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert "holds no record.jsonl: give the folder of one run" in done.stderr


def test_version(aebench):
    assert aebench("--version").stdout == f"aebench {metadata.version('aebench')}\n"


def test_help_and_list(aebench):
    for command in ([], ["run"], ["selfcheck"], ["show"], ["report"], ["list"]):
        shown = aebench(*command, "--help")
        assert shown.returncode == 0
        assert "usage: aebench" in shown.stdout
    listed = aebench("list").stdout
    for word in ("842,009", "2,110,809", "1,630,009", "4.41", "8 × 16", "predict", "jax"):
        assert word in listed
    assert max(map(len, listed.splitlines())) <= 100
    # The presets profile and original have no speed pass, and therefore no launches to list.
    (launches,) = [line for line in listed.splitlines() if "3 × 6" in line]
    entries = [entry.strip() for entry in launches.split("│")[2:5]]
    assert entries == ["train 3 × 6,", "train 5 × 16,", "train 8 × 16,"]
    assert launches.count("–") == 2


def test_several_values_after_one_option(aebench):
    spellings = (
        ["--batch-size", "32", "100"],
        ["--batch-size", "32,100"],
        ["--batch-size=32,100"],
        ["--batch-size", "32", "--batch-size", "100"],
    )
    for spelling in spellings:
        assert "batch 32, 100;" in aebench("run", "--dry-run", *SMALL, *spelling).stdout


def test_a_comma_between_settings_of_a_contender_splits_nothing(aebench):
    done = aebench("run", "--dry-run", *SMALL, "--backend", "jax,torch:nojit,jax:nojit,steps=2")
    assert "torch:nojit" in done.stdout and "jax:nojit,steps=2" in done.stdout, done.stderr


def test_dry_run_plans_and_writes_nothing(aebench, tmp_path):
    done = aebench("run", "--dry-run", AEBENCH_DATA="embedded")
    assert done.returncode == 0
    assert "3 × 6 blocks" in done.stdout
    assert "compared with jax, different beyond 1 %, the same within 3 %" in done.stdout
    turns = "as a control, another one in each launch: jax A/A, tensorflow A/A, torch A/A"
    assert turns in done.stdout
    for size in ("3 × 6", "5 × 16", "8 × 16"):
        assert size in done.stdout
    # The preset original has no speed pass.
    (original,) = [line for line in done.stdout.splitlines() if line.startswith("│ original")]
    assert original.split("│")[2].strip() == "–"
    assert "About " in done.stdout
    assert "embedded" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_one_margin_is_both_margins(aebench):
    for asked, said in (
        (["10"], "different beyond 10 %, the same within 10 %"),
        (["0.5", "2"], "different beyond 0.5 %, the same within 2 %"),
        (["0.5,2"], "different beyond 0.5 %, the same within 2 %"),
    ):
        done = aebench("run", "--dry-run", *SMALL, "--pass", "speed", "--margin", *asked)
        assert said in done.stdout, done.stderr


def test_show_and_report(aebench, record, tmp_path):
    brief = aebench("show", "old")
    assert brief.returncode == 0
    assert len(brief.stdout.splitlines()) <= 40
    assert "Noise floor: 1.9 %" in brief.stdout and "MDE: " not in brief.stdout
    shown = aebench("show", "old", "--detail")
    assert shown.returncode == 0
    assert "16,010 ±5.7" in shown.stdout and "MDE: torch 1 %" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 100
    ratios = aebench("show", "old", "--wide", "ratio")
    assert ratios.returncode == 0 and "slower" in ratios.stdout and "16,010" not in ratios.stdout
    assert "16,010" in aebench("show", "old", "--wide", "throughput").stdout
    other = aebench("show", "old", "--wide", "memory")
    assert other.returncode == 2 and "use throughput or ratio" in other.stderr
    told = json.loads(aebench("show", str(record), "--json").stdout)
    row = told["speed"][0]["rows"][1]
    assert row["times_reference"]["value"] == pytest.approx(4)
    assert row["minimum_detectable_effect"]["value"] == pytest.approx(0.01, abs=1e-3)
    assert aebench("report", str(record)).returncode == 0
    assert (tmp_path / "old" / "report" / "README.md").exists()
    assert aebench("report", "old", "-o", "elsewhere").returncode == 0
    assert (tmp_path / "elsewhere" / "figures" / "loss.svg").exists()


def test_several_records_are_shown_together(aebench, record, tmp_path):
    (tmp_path / "runs" / "again").mkdir(parents=True)
    again = record.read_bytes().replace(b'"name":"sample"', b'"name":"again"')
    again = again.replace(b'"created":"2026-01-01', b'"created":"2026-01-02')
    (tmp_path / "runs" / "again" / "record.jsonl").write_bytes(again)
    shown = " ".join(aebench("show", "old", "runs", "--detail").stdout.split())
    assert "mean over 2 runs" in shown
    done = aebench("report", "old", "runs", "-o", "joint")
    assert done.returncode == 0, done.stderr
    assert "mean over 2 runs" in (tmp_path / "joint" / "speed.md").read_text()


def test_nobody_has_to_read_to_the_end(aebench, record):
    for arguments in (["show", "old"], ["show", "old", "--json"], ["list"], ["--help"]):
        shown = subprocess.Popen(
            [sys.executable, "-m", "aebench", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=record.parent.parent,
            env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
        )
        shown.stdout.close()
        assert (shown.wait(), shown.stderr.read()) == (0, b""), arguments


def test_a_locale_without_utf8_a_narrow_terminal_and_no_home(aebench, record):
    ascii_only = aebench("show", "old", "--detail", PYTHONIOENCODING="ascii")
    assert (ascii_only.returncode, ascii_only.stderr) == (0, "")
    assert "x jax's epoch" in ascii_only.stdout and "?" not in ascii_only.stdout
    narrow = aebench("show", "old", "--detail", COLUMNS="40")
    assert narrow.returncode == 0
    assert max(map(len, narrow.stdout.splitlines())) <= 40
    assert "16,010 ±5.7 %" in " ".join(narrow.stdout.split())
    homeless = {name: value for name, value in CLEAN.items() if name != "HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "aebench", "run", "--dry-run", "--data", "embedded"],
        capture_output=True,
        env={**homeless, "PYTHONPATH": str(ROOT / "src")},
        cwd=record.parent,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_damaged_record_is_shown_with_a_word(aebench, record):
    record.write_bytes(record.read_bytes()[:-40])
    shown = aebench("show", str(record))
    assert shown.returncode == 0
    assert "damaged" in shown.stdout


TWELVE_BLOCKS = ("--pass", "speed", *ONE_SIZE, "--blocks", "12")


@pytest.mark.slow
def test_everything_is_measured_on_all_backends(tmp_path):
    run = Run(tmp_path / "all", "--report", *ONE_SIZE)
    assert run.end() == 0, run.output + run.errors
    loaded = load(run.folder)
    assert loaded.events[-1].outcome == "complete"
    for backend in ("jax", "tensorflow", "torch"):
        for workload in ("train", "predict"):
            mine = [
                row
                for row in loaded.of(Round)
                if (row.contender, row.workload) == (backend, workload)
            ]
            repeated = {row.block_key for row in loaded.of(Block) if row.repeated}
            counted = [row for row in mine if row.block >= 0 and row.block_key not in repeated]
            assert [row.launch for row in counted] == [0, 0]
            # Two warm-up rounds of training. Whole calls have none.
            warm = 2 if workload == "train" else 0
            assert len([row for row in mine if row.block < 0]) == warm
            assert len({row.steps for row in counted}) == 1
        (quality,) = [row for row in loaded.of(QualityEpoch) if row.contender == backend]
        assert 0.2 < quality.test_loss < 0.7
        (made,) = [row for row in loaded.of(Reconstructions) if row.contender == backend]
        assert len(made.pixels) == len(loaded.header.data.example_pixels) == 10 * 784
        assert len(set(made.pixels)) > 5
    assert 0.2 < loaded.header.data.mean_image_loss < 0.3
    # Weights, data and order are the same: the losses agree much closer than training changes them.
    losses = [row.test_loss for row in loaded.of(QualityEpoch)]
    assert max(losses) - min(losses) < 1e-4
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "aebench", "show", "--json", str(run.folder)],
            capture_output=True,
            env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
        ).stdout
    )
    for cell in told["speed"]:
        assert [row["contender"] for row in cell["rows"] if row["control_of"]] == ["A/A control"]
        assert min(cell["control_sds"].values()) > 0
        assert all(row["verdict"] for row in cell["rows"] if row["contender"] != "jax")
    speed = told["runs"][0]["speed"]
    assert speed["rounds"] + speed["repeated"] + speed["overhead"] == pytest.approx(1)
    assert min(speed["rounds"], speed["overhead"]) > 0
    (footprint, *_) = told["footprint"]
    assert footprint["parameters"] == 81_809
    assert footprint["exact"]
    assert (run.folder / "report" / "README.md").exists()
    # A line is shown after the launch, and the last screen has a row.
    assert run.output.count("\ntrain ae50, 32: jax ") == 1
    assert "train ae50, 32 " in run.output and "Shown to be the same model: 3 of 3." in run.output
    assert "\x1b" not in run.output


@pytest.mark.slow
def test_a_worker_that_dies_fails_alone(tmp_path):
    both = ("--backend", "jax,numpy", "--workload", "predict")
    run = Run(tmp_path / "one-dies", *both, *TWELVE_BLOCKS)
    run.measured(8)
    worker = run.worker("numpy")  # a worker of the speed pass: that of the parity pass has ended
    worker.kill()
    assert run.end() == 1, run.output + run.errors
    loaded = load(run.folder)
    (failure,) = loaded.of(Failure)
    assert (failure.contender, failure.reason) == ("numpy", "was killed by signal 9")
    repeated = {row.block for row in loaded.of(Block) if row.repeated}
    blocks = {row.block for row in loaded.of(Round) if row.contender == "jax" and row.block >= 0}
    assert len(blocks - repeated) == 12
    assert "numpy: was killed by signal 9" in run.output


@pytest.mark.slow
@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_and_keeps_the_record(tmp_path, signal_sent):
    run = Run(tmp_path / "interrupted", "--backend", "jax", "--pass", "speed", "--blocks", "40")
    run.measured(2)
    family = psutil.Process(run.process.pid).children(recursive=True)
    began = time.monotonic()
    run.process.send_signal(signal_sent)
    time.sleep(0.3)
    run.process.send_signal(signal_sent)  # a second signal changes nothing
    assert run.end() == 130
    assert time.monotonic() - began < 15  # the frameworks' own exit is not waited for
    assert gone(family, 1)
    loaded = load(run.folder)
    assert isinstance(loaded.events[-1], End)
    assert loaded.events[-1].outcome == "interrupted"
    assert len(loaded.of(Round)) >= 2


@pytest.mark.slow
def test_nothing_outlives_a_killed_parent(tmp_path):
    run = Run(tmp_path / "killed", "--backend", "jax", "--pass", "speed", "--blocks", "40")
    run.measured(2)
    family = psutil.Process(run.process.pid).children(recursive=True)
    assert len(family) >= 2
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.communicate()
    assert gone(family, 5)
    assert len(load(run.folder).of(Round)) >= 2
