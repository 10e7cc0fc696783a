"""The child: one process per contender and model, started as ``PYTHON -m aebench.bench.worker``.

It imports nothing heavy before its job says so, since what it imports is part of what is measured,
and needs the standard library, NumPy, Keras and one framework only. It talks on the socket that it
was given; what it prints goes to a log.
"""

import os
import socket
import sys
import traceback

from aebench.bench.protocol.channel import Channel, ChannelClosedError


def main() -> None:
    """Say hello, take a job, work until the parent is done or gone."""
    # The types of messages come after the hello, which weighs an interpreter without them: see
    # aebench.bench.protocol.messages.Hello for its fields.
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
        summary = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
        channel.send({"error": summary})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # A tidy exit of three frameworks takes seconds, and there is nothing to save.
        os._exit(0)


def _work(channel: Channel) -> None:
    from importlib import import_module

    from aebench.bench.protocol.messages import decode_job

    job = decode_job(channel.receive())
    if job.threads:
        # Affinity is the one limit that acts alike on all backends.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.threads])
    import_module(f"aebench.bench.worker.passes.{job.PASS}").work(channel, job)


if __name__ == "__main__":
    main()
