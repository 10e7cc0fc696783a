"""The sample as a record on the disk, and a name that would do harm."""

from pathlib import Path

from aebench.reports.journal import Journal
from helpers import sample

HOSTILE = '=cmd|"/../../x"\x1b[31m\n<script>'


def written(folder: Path, hostile: str = "") -> Path:
    """Write the sample's record, its names hostile ones if one is given; return its path."""
    made = sample.make(hostile)
    journal = Journal.begin(folder / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path
