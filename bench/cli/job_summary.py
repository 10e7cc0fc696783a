"""Write Markdown to the summary page of a job of GitHub Actions."""

import contextlib
import os
from pathlib import Path


def note_in_job(text: str) -> None:
    """Add Markdown to the summary of a job of GitHub Actions, whose file this variable names."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with contextlib.suppress(OSError), Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text.rstrip()}\n\n")
