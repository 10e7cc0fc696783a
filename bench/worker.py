"""The child: one process per contender and definition, started as ``PYTHON -m bench.worker``.

It imports nothing heavy before its job says so, since what it imports is part of what is measured,
and needs the standard library, NumPy, Keras and one framework only. It talks on the socket that it
was given; what it prints goes to a log.
"""

import math
import os
import socket
import sys
import traceback
from typing import Any

from bench.channel import Channel, ChannelClosedError, Message


def main() -> None:
    """Say hello, take a job, work until the parent is done or gone."""
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    from bench import memory

    held = {"resident_bytes": memory.resident_bytes(), **memory.shares()}
    channel.send({**held, "exact": memory.exact_peaks()})
    try:
        job = channel.receive()
        if job["threads"]:
            # Affinity is the one limit that acts alike on all three backends.
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["threads"]])
        _work(channel, job)
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


def _work(channel: Channel, job: Message) -> None:
    from importlib import import_module

    import_module(f"bench.work.{job['pass']}").work(channel, job)


def loaded_frameworks() -> list[str]:
    """Tell which frameworks this process holds, whoever imported them."""
    return [
        name
        for name in ("jax", "tensorflow", "torch")
        if getattr(sys.modules.get(name), "__file__", None)
    ]


def facts(backend: Any, model: Any, told: dict[str, str] | None = None) -> Message:
    """Collect what is in force in this process, for the record.

    Parameters
    ----------
    backend : Backend
        The file of the backend.
    model : keras.Model or None
        A compiled model, if it is one of Keras's.
    told : dict, optional
        What else to tell among the settings.
    """
    import numpy as np

    affinity = getattr(os, "sched_getaffinity", None)
    settings, versions = dict(told or {}), {"python": sys.version.split()[0]}
    precision = backend.precision()
    if model is not None:
        import keras

        versions["keras"] = keras.__version__
        settings["jit_compile"] = str(model.jit_compile)
        settings["steps_per_execution"] = str(model.steps_per_execution)
        policy = keras.config.dtype_policy().name
        precision = precision if policy == "float32" else policy
    return {
        "settings": {**settings, "precision": precision, **backend.settings()},
        "versions": {
            **versions,
            "numpy": np.__version__,
            **{name: sys.modules[name].__version__ for name in loaded_frameworks()},
        },
        "frameworks_held": loaded_frameworks(),
        "cores": len(affinity(0)) if affinity else os.cpu_count() or 1,
        "epoch_end_ticks_seconds": list(backend.EPOCH_END_TICKS_SECONDS[:20]),
    }


def finite(what: str, value: Any) -> Any:
    """Return a value, unless it is infinite or not a number.

    Raises
    ------
    ArithmeticError
        Then.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ArithmeticError(f"{what} is {value}")
    return value


if __name__ == "__main__":
    main()
