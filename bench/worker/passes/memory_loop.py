"""The worker's side of the memory pass's loops: read memory after each repeat of a loop."""

import gc
from collections import Counter

from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.loops import WARM_REPEATS
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.memory_loop import LoopEnd, LoopJob, LoopReading
from aebench.bench.system import proc_memory
from aebench.bench.worker import memory_loops
from aebench.bench.worker.cold_start import ColdStart
from aebench.bench.worker.freed import give_back

_MOST_TYPES, _MOST_LETTERS = 5, 200


def work(channel: Channel, job: LoopJob) -> None:
    """Repeat the loop with garbage collection as users have it, then without."""
    start = ColdStart(job)
    start.framework()
    start.data()
    loop = memory_loops.prepared(start, job)
    # What reading and counting themselves need for the first time isn't left by the loop.
    _settled(), _objects(), _reading()
    most_bytes = _anonymous() + proc_memory.available_bytes() // 2
    for collecting in (True, False):
        if not collecting:
            gc.disable()
        loop(WARM_REPEATS, lambda: encode(_reading()))
        before_bytes, before = _settled(), _objects()
        loop(job.repeats, lambda: channel.send(encode(_bounded(most_bytes))))
        # Without collection, what only a collection frees is what to look at.
        after_bytes, after = _settled() if collecting else _anonymous(), _objects()
        gc.enable()
        held = _more(before, after, job.repeats)
        channel.send(encode(LoopEnd(collecting, before_bytes, after_bytes, held)))
    # Wait until the parent closes the channel.
    channel.receive()


def _reading() -> LoopReading:
    return LoopReading(_anonymous(), proc_memory.resident_bytes())


def _bounded(most_bytes: int) -> LoopReading:
    """Return a reading, unless the loop is about to take the memory that others need."""
    reading = _reading()
    if reading.anonymous_bytes > most_bytes:
        raise MemoryError("it took half of the memory that was free: give fewer --repeats")
    return reading


def _anonymous() -> int:
    return proc_memory.anonymous_bytes()


def _settled() -> int:
    """Return the anonymous bytes that stay after a collection."""
    gc.collect()
    give_back()
    return _anonymous()


def _objects() -> Counter[str]:
    """Count the objects that Python's collector knows, by their types."""
    kinds = Counter(map(type, gc.get_objects()))
    found: Counter[str] = Counter()
    for kind, count in kinds.items():
        found[f"{kind.__module__}.{kind.__qualname__}"[:_MOST_LETTERS]] += count
    return found


def _more(before: Counter[str], after: Counter[str], repeats: int) -> dict[str, int]:
    """Return the types of which every repeat left at least one more object, the most first."""
    more = {name: count - before[name] for name, count in after.most_common()}
    grown = {name: count for name, count in more.items() if count >= repeats}
    return dict(Counter(grown).most_common(_MOST_TYPES))
