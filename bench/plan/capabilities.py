"""Say which workloads and passes a contender can't run, and why, for a record's header."""

from typing import Any

from aebench import backends
from aebench.bench.protocol.settings import DEFAULTS, ContenderSettings

# These passes train even if no workload of the run is a training.
_TRAINING_PASSES = ("footprint", "quality", "profile", "memory")
_ONE_STEP = "only a call of one step has rungs: leave the number of steps out"
_ARRAYS = "rungs take arrays, and the batches of a file's data(): leave the input path out"


def capability(backend: str, settings: ContenderSettings = DEFAULTS) -> dict[str, Any]:
    """Return what a backend supports, as fields for a record's header.

    The framework is not imported.

    Parameters
    ----------
    backend : str
        One of :func:`aebench.backends.measurable_names`.
    settings : ContenderSettings
        The contender's settings.

    Returns
    -------
    dict
        Fields of :class:`aebench.reports.record.ContenderInfo` by name. ``unsupported`` maps each
        workload and pass that can't be measured to the reason.
    """
    facts = backends.load(backend)
    if not backends.runs_keras(backend):
        return {"on_keras": False, "framework": facts.FRAMEWORK}
    unsupported = dict(facts.UNSUPPORTED)
    if not facts.PROFILER:
        unsupported.setdefault("profile", f"there is no profiler for {backend} here")
    if not facts.LADDER:
        unsupported.setdefault("ladder", f"{backend} has no rungs here")
    if settings.steps > 1:
        unsupported.setdefault("ladder", _ONE_STEP)
    if settings.input:
        unsupported.setdefault("ladder", _ARRAYS)
    for name in _TRAINING_PASSES:
        if "train" in unsupported:
            unsupported.setdefault(name, f"this pass trains, and {unsupported['train']}")
    return {
        "framework": "" if backend == facts.FRAMEWORK else facts.FRAMEWORK,
        "profile_note": facts.PROFILE_NOTE,
        "unsupported": unsupported,
    }
