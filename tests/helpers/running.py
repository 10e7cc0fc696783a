"""Start aebench in the background, and make Python interpreters that misbehave."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil

from helpers.paths import CLEAN, ROOT

# Rounds of the usual length take up to half of a small run's time, and tests need no figures.
BRIEF = ("--round-seconds", "0.1")
# One launch of few blocks: enough to see that all is measured, too little for a verdict.
FEW = ("--launches", "1", "--blocks", "2", *BRIEF)
LITTLE = ("--data", "embedded", "--train-samples", "640", "--model", "ae50")
SMALL = (*LITTLE, *FEW)
ONE_SIZE = ("--batch-size", "32")


class Run:
    """Start a small run of aebench in the background, with ``arguments`` added to its options."""

    def __init__(
        self, folder: Path, *arguments: str, resume: bool = False, command: str = "run"
    ) -> None:
        self.folder = folder
        what = ["--resume", str(folder)] if resume else [*LITTLE, "--out", str(folder)]
        what += [*FEW, "--epochs", "1"] if command == "run" and not resume else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aebench", command, *what, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
            cwd=folder.parent,
        )

    def worker(self, backend: str, seconds: float = 120) -> psutil.Process:
        """Wait until a worker of a backend runs, and return its process."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for child in psutil.Process(self.process.pid).children():
                try:
                    if child.environ().get("KERAS_BACKEND") == backend:
                        return child
                except psutil.Error:
                    continue
            time.sleep(0.02)
        raise AssertionError(f"no worker of {backend}")

    def measured(self, count: int, seconds: float = 300) -> None:
        """Wait until the record holds ``count`` rounds."""
        deadline = time.monotonic() + seconds
        path = self.folder / "record.jsonl"
        while time.monotonic() < deadline:
            if path.exists() and path.read_bytes().count(b'"kind":"round"') >= count:
                return
            time.sleep(0.02)
        raise AssertionError("no rounds")

    def end(self) -> int:
        """Wait for the command's end, and return its exit code."""
        self.output, self.errors = self.process.communicate(timeout=900)
        return self.process.returncode


def gone(processes: list[psutil.Process], seconds: float) -> bool:
    """Return whether all processes end within some seconds."""
    return not psutil.wait_procs(processes, timeout=seconds)[1]


def interpreter(folder: Path, *, shell: str = "", python: str = "") -> str:
    """Make a Python interpreter that runs some code first if it is started as a worker.

    Parameters
    ----------
    folder : Path
        The folder for the interpreter.
    shell : str
        Shell code to run before Python starts.
    python : str
        Python code to run before all other code; ``FD`` is the channel's file descriptor.

    Returns
    -------
    str
        The interpreter's path.
    """
    path = folder / "bin" / "python"
    path.parent.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(
        "import ctypes, os, sys, threading, time\nFD = int(sys.orig_argv[-1])\n"
        + textwrap.dedent(python)
    )
    site = f'export PYTHONPATH="{folder}:$PYTHONPATH"' if python else ":"
    path.write_text(
        f'#!/bin/sh\nif [ "$2" = aebench.bench.worker ]; then\n{site}\n{shell or ":"}\nfi\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    path.chmod(0o755)
    return str(path)
