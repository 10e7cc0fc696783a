"""Time how long a report takes of a large record, or of many machines' records; made of the sample.

Usage: python tools/large_report.py [CELLS [MACHINES]]

Each of several machines has a record with this many cells of the speed pass, compressed as in a
report. Their ratios differ by 10 % between machines, and by 1 % between launches.
"""

import math
import resource
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import zstandard

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from aebench.reports import publish
from aebench.reports.record import (
    Block,
    Call,
    Cell,
    End,
    Event,
    Header,
    Round,
    ShortEpoch,
    WorkerInfo,
)
from helpers import sample

BATCHES = 50
BETWEEN_MACHINES, BETWEEN_LAUNCHES = 0.1, 0.01


def large(cells: int) -> tuple[Header, list[Event]]:
    """Return a record of ``cells`` cells, rounded down to a multiple of 50 above 50.

    Its models are each trained at up to 50 batch sizes.
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
    events: list[Event] = []
    for event in made.events:
        if not hasattr(event, "model"):
            continue
        for name in names:
            moved = msgspec.structs.replace(event, model=name)
            if isinstance(event, (Round, Block)):
                events += [msgspec.structs.replace(moved, batch_size=size) for size in sizes]
            else:
                events.append(moved)
    return header, events


def on_machine(number: int, header: Header, events: list[Event]) -> tuple[Header, list[Event]]:
    """Return the speed pass of a record as another machine would have measured it."""
    random = np.random.default_rng(number)
    of_machine = random.normal(0, BETWEEN_MACHINES)
    of_launch = random.normal(0, BETWEEN_LAUNCHES, (2, 100))
    noise = iter(random.normal(0, 0.01, len(events)))
    plan = msgspec.structs.replace(header.plan, passes=["speed"])
    machine = msgspec.structs.replace(
        header.machine, identity={"model": str(number), "vector instructions": "avx avx2"}
    )
    created = f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00+00:00"
    header = msgspec.structs.replace(
        header, name=f"machine-{number}", created=created, plan=plan, machine=machine, tasks=[]
    )
    made: list[Event] = []
    for event in events:
        if isinstance(event, Round):
            torch = event.contender == "torch"
            log = of_machine * torch + of_launch[int(torch), event.launch] + next(noise)
            event = msgspec.structs.replace(event, seconds=event.seconds * math.exp(log))
        elif not isinstance(event, (Block, Call, ShortEpoch, WorkerInfo)):
            continue
        made.append(event)
    return header, [*made, End("complete", 100.0)]


def write(header: Header, events: list[Event], path: Path) -> Path:
    """Write a record, compressed at a level that takes little time; return its path."""
    lines = [msgspec.json.encode(each) + b"\n" for each in (header, *events)]
    path.write_bytes(zstandard.ZstdCompressor(level=1).compress(b"".join(lines)))
    return path


def main() -> None:
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    machines = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        header, events = large(cells)
        records = []
        for number in range(machines):
            its = on_machine(number, header, events) if machines > 1 else (header, events)
            records.append(write(*its, folder / f"{number}.jsonl.zst"))
        began = time.perf_counter()
        publish.write(records, folder / "report")
        seconds = time.perf_counter() - began
        pages = sum(path.stat().st_size for path in (folder / "report").glob("*.*"))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(
            f"{cells:,} cells on {machines:,} machine{'s' * (machines > 1)}: {seconds:.1f} s, "
            f"{most / 2**30:.1f} GiB at most, {pages / 2**20:.1f} MiB of pages and data"
        )


if __name__ == "__main__":
    main()
