"""Measure the same Keras model on several backends, and show which differences are real.

>>> run = aebench.run(model=build, backends=["jax", "torch"], batch_size=[32, 500])
>>> run.table(), run.compare(), run.to_frame(), run.figure("throughput")
>>> old = aebench.load("results/quick-20261125-120000")

Modules that are slow to import are imported when a name is used: workers import this package too,
and their start is measured.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aebench.bench.errors import BadInputError as BadInputError
    from aebench.bench.python.results import RunResult as RunResult
    from aebench.bench.python.results import load as load
    from aebench.bench.python.results import summarise as summarise
    from aebench.bench.python.running import run as run

    __version__: str

# The modules of the names that this package offers.
_MODULES = {
    "BadInputError": "aebench.bench.errors",
    "RunResult": "aebench.bench.python.results",
    "load": "aebench.bench.python.results",
    "run": "aebench.bench.python.running",
    "summarise": "aebench.bench.python.results",
}
__all__ = ["BadInputError", "RunResult", "__version__", "load", "run", "summarise"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("aebench")
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'aebench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
