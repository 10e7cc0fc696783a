"""Test asking another program for its version: any answer is cut short, or there is none."""

import sys
import time

import psutil
import pytest

from aebench.bench.plan.probing import MOST_ANSWER_BYTES, ask
from helpers.running import gone


def asked(script: str, seconds: float = 30.0) -> str | None:
    return ask(["/bin/sh", "-c", script], seconds)


def test_what_it_prints_is_the_answer():
    assert ask([sys.executable, "-c", "print('1.0')"], 30.0) == "1.0\n"
    assert asked("printf '%65536s' x") == " " * (MOST_ANSWER_BYTES - 1) + "x"
    assert asked("echo ${WORD:-none}; echo loud >&2") == "none\n"
    assert ask(["/bin/sh", "-c", "echo $WORD"], 30.0, {"WORD": "told"}) == "told\n"
    assert asked("cat") == ""


@pytest.mark.parametrize("script", ["exit 3", "kill -9 $$", "while :; do echo more; done"])
def test_what_fails_or_never_stops_printing_has_no_answer(script):
    began = time.monotonic()
    assert asked(script) is None
    assert time.monotonic() - began < 20


def test_what_is_no_utf_8_is_text_all_the_same():
    assert asked(r"printf '\377\376'") == "\ufffd\ufffd"


@pytest.mark.parametrize("program", ["/nowhere/python", "/tmp", "/etc/passwd", "a" * 300, "nu\0ll"])
def test_what_cannot_be_run_has_no_answer(program):
    assert ask([program], 30.0) is None


def test_what_never_ends_is_ended_with_all_that_it_started(tmp_path):
    began = time.monotonic()
    assert asked(f"sleep 300 & echo $! $$ > {tmp_path}/pids; wait", seconds=1.0) is None
    assert time.monotonic() - began < 20
    assert_gone(tmp_path)


def test_nobody_waits_for_children_that_hold_the_pipe(tmp_path):
    began = time.monotonic()
    assert asked(f"sleep 300 & echo $! > {tmp_path}/pids; echo 1.0") == "1.0\n"
    assert time.monotonic() - began < 20
    assert_gone(tmp_path)


def assert_gone(folder):
    left = []
    for pid in (folder / "pids").read_text().split():
        try:
            left.append(psutil.Process(int(pid)))
        except psutil.NoSuchProcess:
            continue
    assert gone([each for each in left if each.name() in ("sleep", "sh")], 10)
