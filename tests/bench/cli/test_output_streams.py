"""Test runs whose output has no reader: what was measured is still recorded."""

import os
import pty
import signal
import subprocess
import sys
import time

import psutil
import pytest

from aebench.reports.journal import load
from helpers.paths import CLEAN, ROOT
from helpers.running import SMALL, gone

ENVIRONMENT = {**CLEAN, "PYTHONPATH": str(ROOT / "src")}
PARITY = ["run", *SMALL, "--pass", "parity", "--backend", "jax", "--out", "run"]


def shell(folder, arguments, redirection):
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "aebench", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**ENVIRONMENT, "TMPDIR": str(scratch(folder))},
        timeout=300,
    )


def scratch(folder):
    (folder / "tmp").mkdir(exist_ok=True)
    return folder / "tmp"


def whole(folder):
    """Return whether a run's record is complete and no other file is left."""
    left = [path.name for path in (folder / "run").iterdir()]
    return (
        load(folder / "run").outcome == "complete"
        and left == ["record.jsonl"]
        and not list(scratch(folder).iterdir())
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "redirection",
    [">&- 2>&- <&-", ">/dev/full 2>&1", "| true"],
)
def test_a_run_whose_output_goes_nowhere_is_measured(tmp_path, redirection):
    done = shell(tmp_path, PARITY, redirection)
    assert (done.returncode, done.stderr) == (0, "")
    assert whole(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [True, False], ids=["SIGHUP ignored", "SIGHUP"])
def test_a_terminal_that_goes_away(tmp_path, ignored):
    ours, theirs = pty.openpty()

    def begin():
        os.setsid()
        os.ttyname(theirs)
        os.close(os.open(os.ttyname(theirs), os.O_RDWR))  # now it is the controlling terminal
        # The tests themselves may have been started with SIGHUP ignored, as nohup does.
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

    run = subprocess.Popen(
        [sys.executable, "-m", "aebench", *PARITY],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(scratch(tmp_path)), "TERM": "xterm"},
        preexec_fn=begin,
    )
    os.close(theirs)
    while not (tmp_path / "run" / "record.jsonl").exists() or len(os.read(ours, 4096)) == 0:
        time.sleep(0.05)
    time.sleep(1)
    family = psutil.Process(run.pid).children(recursive=True)
    os.close(ours)
    _, errors = run.communicate(timeout=120)
    assert errors == "" and gone(family, 5)
    if ignored:
        assert run.returncode == 0 and whole(tmp_path)
    else:
        assert run.returncode == 130
        assert load(tmp_path / "run").outcome == "interrupted"
        assert not list(scratch(tmp_path).iterdir())


@pytest.mark.slow
def test_what_a_killed_parent_leaves_is_tidied(tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "aebench", *PARITY],
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(scratch(tmp_path))},
    )
    while len(psutil.Process(run.pid).children()) < 2:
        time.sleep(0.05)
    assert list(scratch(tmp_path).iterdir())
    family = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.wait()
    assert gone(family, 10)
    assert not list(scratch(tmp_path).iterdir())
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["record.jsonl"]


def test_an_answer_that_nobody_gets_is_an_error(tmp_path, record):
    for arguments in (["show", "old"], ["show", "old", "--json"], ["list"], ["--help"]):
        done = shell(tmp_path, arguments, ">/dev/full")
        assert done.returncode == 2, arguments
        assert done.stderr == "aebench: the output can't be written: No space left on device.\n"
        assert shell(tmp_path, arguments, ">&-").stderr == ""


def test_a_refusal_ends_with_2_whoever_hears_it(tmp_path):
    for redirection in ("2>&-", "2>/dev/full", ">&- 2>&-"):
        assert shell(tmp_path, ["show", "nowhere"], redirection).returncode == 2


def test_a_width_that_is_none_changes_nothing(aebench, record):
    usual = aebench("show", "old").stdout
    for columns in ("0", "²", "-5", "1000000000"):
        shown = aebench("show", "old", COLUMNS=columns, LINES=columns)
        assert (shown.returncode, shown.stdout, shown.stderr) == (0, usual, "")


ODD_VARIABLES = {
    "MPLBACKEND": "nothing",
    "MATPLOTLIBRC": "/dev/zero",
    "MPLCONFIGDIR": "/proc/nowhere",
    "TERM": "\x1b[31m",
    "SOURCE_DATE_EPOCH": "9" * 20,
    "_AEBENCH_COMPLETE": " ",
    "HOME": "/dev/null",
    "KERAS_HOME": "/dev/null",
}


def test_variables_that_a_library_chokes_on_change_nothing(aebench, record):
    for out, environment in (("usual", {}), ("out", ODD_VARIABLES)):
        done = aebench("report", "old", "-o", out, **environment)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    figures = [record.parent.parent / name / "figures" / "loss.svg" for name in ("out", "usual")]
    assert figures[0].read_bytes() == figures[1].read_bytes()


def test_what_is_no_utf8_is_refused_before_anything_is_written(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "aebench", "run", *SMALL, "--out", b"r\xff"],
        capture_output=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
    )
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"aebench: 'r\\udcff' is not UTF-8")
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_shows_what_it_was_given_as_printable_text(aebench):
    odd = "\x1b[31mred\u202eb\u2028a\u200bb\na"
    for arguments in (["run", "--data", "embedded", "--preset", odd], ["show", odd], [odd]):
        done = aebench(*arguments)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert done.stderr[:-1].isprintable()


def test_a_working_folder_that_is_gone(tmp_path):
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir ../gone && exec "$@"', "sh", sys.executable, "-m", "aebench", "list"],
        capture_output=True,
        text=True,
        cwd=tmp_path / "gone",
        env=ENVIRONMENT,
    )
    assert done.returncode == 2
    assert done.stderr == "aebench: the working folder is gone: go to another one.\n"


IN_A_DESTRUCTOR = """
import signal
import sys
import time
from aebench import __main__ as main

class Held:
    def __del__(self):
        raise KeyboardInterrupt

sys.unraisablehook = main._interrupt_again
# A command that a shell starts in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    held = Held()
    del held
    for _ in range(200):
        time.sleep(0.1)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_in_a_destructor_is_neither_lost_nor_printed():
    done = subprocess.run(
        [sys.executable, "-c", IN_A_DESTRUCTOR], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_is_silent_whenever_it_comes(number):
    codes = set()
    for tenths in (2, 5, 9):
        listing = subprocess.Popen(
            [sys.executable, "-m", "aebench", "list"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        time.sleep(tenths / 10)
        listing.send_signal(number)
        _, errors = listing.communicate()
        assert errors == b""
        codes.add(listing.returncode)
    # Before aebench handles signals, Python is starting, and a signal ends it.
    assert codes <= {130, 0, -number}
