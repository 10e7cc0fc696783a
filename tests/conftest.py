import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aebench.reports.journal import Journal
from helpers import sample
from helpers.paths import CLEAN, ROOT


def pytest_configure() -> None:
    """Give each process of pytest-xdist cores of its own.

    Frameworks spin while they wait for their threads. Two runs that share all cores can therefore
    take several times as long as one after the other.
    """
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    if name and hasattr(os, "sched_setaffinity"):
        number, count = int(name.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        cores = sorted(os.sched_getaffinity(0))[number::count]
        if cores:
            os.sched_setaffinity(0, cores)


@pytest.fixture
def aebench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs aebench in an empty folder and captures its output."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aebench", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**CLEAN, "PYTHONPATH": str(ROOT / "src"), **environment},
            timeout=600,
        )

    return run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Write the sample record, and return its path."""
    made = sample.make()
    journal = Journal.begin(tmp_path / "old" / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path
