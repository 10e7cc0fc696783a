import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from aebench.reports.journal import Journal
from helpers import forked, sample
from helpers.paths import CLEAN, ROOT

# Files with a test of several minutes: begun last, it would keep one process busy alone.
LONG = (
    "test_session.py",
    "test_selfcheck.py",
    "test_registered.py",
    "test_until_run.py",
    "test_added_workload.py",
)
# Commands that read records, or nothing.
READING = ("list", "show", "open", "report", "site", "compare", "history")


def pytest_configure() -> None:
    """Give each process of a run of tests cores of its own, where there are enough.

    Frameworks' threads wait by spinning: on 2 cores, two runs of torch beside each other took 61 s,
    and 34 s with a core each.
    """
    number, processes = (os.environ.get(f"PYTEST_XDIST_WORKER{end}", "") for end in ("", "_COUNT"))
    if number and hasattr(os, "sched_setaffinity"):
        own = sorted(os.sched_getaffinity(0))[int(number.removeprefix("gw")) :: int(processes)]
        if own:
            os.sched_setaffinity(0, own)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first, so that the processes of a run end at about one time."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (item.path.name not in LONG, -slow[item.path]))


@pytest.fixture(scope="session", autouse=True)
def parity_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the runs of all tests share their parity checks: most tests are about something else."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the folder above belongs to all processes
        folder = folder.parent
    CLEAN["AEBENCH_CACHE"] = os.environ["AEBENCH_CACHE"] = str(folder / "cache")


@pytest.fixture
def aebench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs aebench in an empty folder and captures its output."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        measures_nothing = arguments[0] in READING or "--dry-run" in arguments
        measures_nothing = measures_nothing and "--confirm" not in arguments
        if measures_nothing and not environment:
            return forked.run(tmp_path, *arguments)
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
