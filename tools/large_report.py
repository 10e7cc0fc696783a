"""Time how long a report of a large record takes; the record is made from the tests' sample.

Usage: python tools/large_report.py [CELLS]
"""

import sys
import tempfile
import time
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from aebench.reports import publish
from aebench.reports.journal import Journal
from aebench.reports.record import Block, Cell, Round
from helpers import sample

BATCHES = 50


def write(cells: int, folder: Path) -> Path:
    """Write a record of ``cells`` cells, rounded down to a multiple of 50 above 50.

    Its models are each trained at up to 50 batch sizes. Return the record's path.
    """
    made = sample.make()
    names = [f"ae{width}" for width in range(100, 100 + max(1, cells // BATCHES))]
    sizes = list(range(1, 1 + min(BATCHES, cells)))
    (model,) = made.header.models
    of_train = msgspec.structs.replace(made.header.plan.sizes[0], batch_sizes=sizes)
    plan = msgspec.structs.replace(made.header.plan, sizes=[of_train])
    models = [msgspec.structs.replace(model, name=name) for name in names]
    planned = [Cell(name, "train", size) for name in names for size in sizes]
    header = msgspec.structs.replace(made.header, plan=plan, models=models, cells=planned)
    journal = Journal.begin(folder / "record.jsonl", header)
    for event in made.events:
        if not hasattr(event, "model"):
            continue
        for name in names:
            moved = msgspec.structs.replace(event, model=name)
            if isinstance(event, (Round, Block)):
                for size in sizes:
                    journal.append(msgspec.structs.replace(moved, batch_size=size))
            else:
                journal.append(moved)
    journal.close()
    return folder / "record.jsonl"


def main() -> None:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as scratch:
        record = write(cells, Path(scratch))
        began = time.perf_counter()
        publish.write([record], Path(scratch) / "report")
        seconds = time.perf_counter() - began
        pages = sum(path.stat().st_size for path in (Path(scratch) / "report").glob("*.*"))
        mib = record.stat().st_size / 2**20
        print(
            f"{cells:,} cells, a record of {mib:.0f} MiB: {seconds:.1f} s, "
            f"{pages / 2**20:.1f} MiB of pages and data"
        )


if __name__ == "__main__":
    main()
