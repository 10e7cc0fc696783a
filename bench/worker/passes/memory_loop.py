"""The worker's side of the memory pass's loops: read memory after each repeat of a loop."""

import gc
from collections import Counter

from aebench import backends
from aebench.backends.contract import Backend
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.loops import WARM_REPEATS
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.memory_loop import LoopEnd, LoopJob, LoopReading
from aebench.bench.system import proc_memory
from aebench.bench.worker import memory_loops
from aebench.bench.worker.cold_start import ColdStart
from aebench.bench.worker.freed import give_back
from aebench.bench.worker.memory_loops import Loop

_MOST_TYPES, _MOST_LETTERS = 5, 200


def work(channel: Channel, job: LoopJob) -> None:
    """Repeat the loop with garbage collection as users have it, then without."""
    start = ColdStart(job)
    start.framework()
    start.data()
    loop = memory_loops.prepared(start, job)
    watch(channel, backends.load(job.backend), loop, job.repeats)
    # Wait until the parent closes the channel.
    channel.receive()


def watch(channel: Channel, backend: Backend, loop: Loop, repeats: int) -> None:
    """Repeat a loop twice over, and send a reading after each repeat, then what is left.

    Parameters
    ----------
    channel : Channel
        The channel to the parent.
    backend : Backend
        The backend in use.
    loop : callable
        The loop; see :data:`aebench.bench.worker.memory_loops.Loop`.
    repeats : int
        The number of repeats with garbage collection, and without.
    """
    # What reading and counting themselves need for the first time isn't left by the loop.
    _settled(backend), _objects(), backend.arrays_alive()
    most_bytes = proc_memory.anonymous_bytes() + proc_memory.available_bytes() // 2

    def send() -> None:
        channel.send(encode(_bounded(backend, most_bytes)))

    for collecting in (True, False):
        if not collecting:
            gc.disable()
        loop(WARM_REPEATS, lambda: encode(_reading(backend)))
        before, objects, arrays = _settled(backend), _objects(), backend.arrays_alive()
        half = None
        if collecting:
            # What only the first half leaves is no growth.
            loop(repeats // 2, send)
            half = _settled(backend)
            loop(repeats - repeats // 2, send)
        else:
            loop(repeats, send)
        # Without collection, what only a collection frees is what to look at.
        after = _settled(backend) if collecting else _reading(backend)
        held = _more(objects, _objects(), repeats)
        alive = backend.arrays_alive()
        gc.enable()
        channel.send(encode(LoopEnd(collecting, before, half, after, held, arrays, alive)))


def _reading(backend: Backend) -> LoopReading:
    return LoopReading(
        proc_memory.anonymous_bytes(), proc_memory.resident_bytes(), backend.allocated_bytes()
    )


def _bounded(backend: Backend, most_bytes: int) -> LoopReading:
    """Return a reading, unless the loop is about to take the memory that others need."""
    reading = _reading(backend)
    if reading.anonymous_bytes > most_bytes:
        raise MemoryError("it took half of the memory that was free: give fewer --repeats")
    return reading


def _settled(backend: Backend) -> LoopReading:
    """Return the memory that stays after a collection."""
    gc.collect()
    give_back()
    return _reading(backend)


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
