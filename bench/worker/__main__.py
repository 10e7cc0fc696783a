"""The worker: one process per contender and model, started as ``PYTHON -m aebench.bench.worker``.

A worker imports large packages only when its job needs them, since some passes measure imports.
It needs only the standard library, NumPy, Keras and one framework. Messages go through a socket
that the parent passed to the worker. Text that the worker prints goes to a log file.
"""

import gc
import os
import socket
import sys
import traceback

from aebench.bench.protocol.channel import Channel, ChannelClosedError


def main() -> None:
    """Send the hello, the first message; then receive a job and do it until the channel closes."""
    # The hello reports the memory of an interpreter without imports. It is therefore sent before
    # the message types are imported. The class Hello describes its fields.
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    from aebench.bench.system import proc_memory

    held = {"resident_bytes": proc_memory.resident_bytes(), **proc_memory.shares()}
    channel.send({**held, "exact": proc_memory.exact_peaks()})
    try:
        _work(channel)
    except ChannelClosedError:
        pass
    except Exception as error:
        traceback.print_exc()
        sys.stderr.flush()
        error.__notes__ = []  # a framework's notes would hide the message, which stands before
        summary = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
        channel.send({"error": summary})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Exit at once: the frameworks' own exit takes seconds, and a worker has nothing to save.
        os._exit(0)


def _work(channel: Channel) -> None:
    from importlib import import_module

    from aebench import backends
    from aebench.bench.protocol.messages.cold_start import ColdStartJob
    from aebench.bench.protocol.messages.receiving import decode_job
    from aebench.bench.worker.framework import import_framework

    job = decode_job(channel.receive())
    backends.remember(job.backend, job.module)
    if job.threads:
        # CPU affinity is the only way to limit cores that has the same effect on all backends.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.threads])
    # A cold start times this import as its first phase, with garbage collection as users have it.
    # Elsewhere it would be a fifth of the import, and find next to nothing.
    if not isinstance(job, ColdStartJob):
        gc.disable()
        import_framework(job.backend)
        gc.enable()
    import_module(f"aebench.bench.worker.passes.{job.PASS}").work(channel, job)


if __name__ == "__main__":
    main()
