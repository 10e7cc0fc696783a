import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sample

from reports.journal import Journal

ROOT = Path(__file__).parent.parent

# What an aebench started by a test sees: no data of this machine's, no width of this terminal's.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AEBENCH_", "KERAS_", "COLUMNS", "FORCE_COLOR", "CLICOLOR"))
}


@pytest.fixture
def aebench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in an empty folder, its output in a pipe."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bench", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**CLEAN, "PYTHONPATH": str(ROOT), **environment},
            timeout=600,
        )

    return run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Write the sample's record."""
    made = sample.make()
    journal = Journal.begin(tmp_path / "old" / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path
