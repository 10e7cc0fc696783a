"""Write the sample record to a file, with harmful names if a test asks for them."""

from pathlib import Path

from aebench.reports.journal import Journal
from helpers import sample

HOSTILE = '=cmd|"/../../x"\x1b[31m\n<script>'


def written(folder: Path, hostile: str = "") -> Path:
    """Write the sample record, with ``hostile`` appended to its texts; return its path."""
    made = sample.make(hostile)
    journal = Journal.begin(folder / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path
