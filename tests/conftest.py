import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aebench.reports.journal import Journal
from helpers import sample
from helpers.paths import CLEAN, ROOT


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
