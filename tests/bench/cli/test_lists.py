"""Check that the help lists exactly the values that options accept."""

import subprocess
import sys

from aebench.bench import workloads
from aebench.bench.data.choices import DATA
from aebench.bench.plan.presets import PASSES, PRESETS
from aebench.bench.plan.settings import WORDS
from helpers.paths import CLEAN, ROOT


def named(text: str) -> str:
    """Return the text of a help as one line."""
    return " ".join(text.replace("│", " ").split())


def test_the_help_of_run_names_all_that_it_accepts(aebench):
    shown = named(aebench("run", "--help", COLUMNS="200").stdout)
    for names in (PRESETS, workloads.names(), PASSES, DATA, (WORDS,)):
        assert ", ".join(names) in shown


def test_the_options_of_pytest_name_all_that_they_accept(tmp_path):
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", str(ROOT / "bench"), "--help", "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
        cwd=tmp_path,
    ).stdout
    for names in (PRESETS, DATA, (WORDS,)):
        assert ", ".join(names) in named(shown)


def test_what_the_driver_s_tool_says_is_text(aebench, tmp_path):
    tool = tmp_path / "nvidia-smi"
    for script, shown in (
        (r"printf 'Board [bold]\033[31m\n'", r"Board [bold]\x1b[31m (if the build"),
        ("while :; do echo Board; done", "CPU ("),
        (r"printf '\377\n'", "\ufffd (if the build"),
        ("exit 1", "CPU ("),
    ):
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        done = aebench("list", PATH=f"{tmp_path}:/usr/bin:/bin", COLUMNS="300")
        assert done.returncode == 0, done.stderr
        assert shown in done.stdout
        assert "\x1b" not in done.stdout
