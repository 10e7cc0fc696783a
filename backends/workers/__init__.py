"""Give workers the environment variables that their framework, and others beside it, need."""

from pathlib import Path

from aebench import backends


def environment(name: str, scratch: Path) -> dict[str, str]:
    """Return the environment variables of a worker, set before its interpreter starts.

    A model's file, and Keras at some calls, import frameworks beside the worker's own. So a worker
    gets the variables of all built-in backends. A co-imported framework then reserves no
    accelerator's memory that the worker or its neighbours need, and finds no old cache.

    Parameters
    ----------
    name : str
        One of :func:`aebench.backends.measurable_names`, whose own variables go before the others'.
    scratch : Path
        An empty folder of the worker's own.
    """
    merged: dict[str, str] = {}
    for built_in in backends.NAMES:
        merged |= backends.load(built_in).environment(scratch)
    return merged | backends.load(name).environment(scratch)
