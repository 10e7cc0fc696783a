"""Write a trace in the trace event format (JSON), which Perfetto and Chrome can show."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aebench.backends.profilers import Span


def write(path: Path, process: str, spans: Sequence[Span], begin_seconds: float) -> None:
    """Write spans into a gzipped file, which the viewers can open as it is.

    Parameters
    ----------
    path : Path
        Path of the file; its name should end in ``.json.gz``.
    process : str
        The title of the trace in the viewer.
    spans : sequence of Span
        The spans to show.
    begin_seconds : float
        The time, on the spans' clock, that is 0 in the file.
    """
    threads = {name: number for number, name in enumerate(dict.fromkeys(s.thread for s in spans))}
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": process}},
        *(
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": number, "args": {"name": name}}
            for name, number in threads.items()
        ),
        *(
            {
                "ph": "X",
                "name": span.name,
                "cat": span.category or "around",
                "pid": 1,
                "tid": threads[span.thread],
                # The format's unit is the microsecond; three decimals give nanoseconds.
                "ts": round(1e6 * (span.begin_seconds - begin_seconds), 3),
                "dur": round(1e6 * (span.end_seconds - span.begin_seconds), 3),
                "args": {"operation": span.operation},
            }
            for span in spans
        ),
    ]
    text = json.dumps({"displayTimeUnit": "ms", "traceEvents": events}, separators=(",", ":"))
    # mtime=0: the gzip header then has no time of writing, and equal traces give equal files.
    with path.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        packed.write(text.encode())
