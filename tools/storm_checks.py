"""What is left after a cut: the record's outcome and damage, processes, files."""

import os
import shutil
import time
from pathlib import Path

import psutil

from aebench.reports.journal import Record, RecordError, load
from storm_run import MARK

TIDY_SECONDS = 10.0


def outcome(folder: Path) -> str:
    if not (folder / "record.jsonl").exists():
        return "not begun"
    try:
        return load(folder).outcome
    except RecordError as error:
        return str(error)


def damage(path: Path, content: bytes) -> list[str]:
    try:
        record: Record = load(path)
    except RecordError as error:
        # Without a whole line, the cut came while the header was written. There is no record yet,
        # so this is no damage.
        return [] if b"\n" not in content else [str(error)]
    whole = content.endswith(b"\n")
    lines = content.count(b"\n")
    cut = not whole and f"line {lines + 1} is cut off" in record.damage
    return [record.damage] if record.damage and not cut else []


def left(scratch: Path, folder: Path) -> list[str]:
    """List what a run leaves after 10 s: processes, temporary folders, files beside the record."""
    deadline = time.monotonic() + TIDY_SECONDS
    while True:
        found = [f"left in TMPDIR: {path.name}" for path in scratch.glob("aebench-*")]
        found += [f"still alive: {process}" for process in _alive()]
        if not found or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    for path in scratch.iterdir():
        shutil.rmtree(path, ignore_errors=True)
    beside = sorted(folder.iterdir()) if folder.exists() else []
    return found + [
        f"beside the record: {path.name}"
        for path in beside
        if path.name not in ("record.jsonl", "traces")
    ]


def _alive() -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(MARK) == str(os.getpid())
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()[:4]))
        except psutil.Error:
            continue
    return found
