"""Records of schemas 1 to 5, in the words of schema 6.

The words changed and nothing else: every value is taken over as it is. One name is made anew: the
control of a contender that was called "jax twin" is called "jax A/A".
"""

from typing import Any

LAST = 5

_KINDS = {"slice": "round", "unit_end": "task_end"}
_FIELDS = {
    "definition": "model",
    "definitions": "models",
    "lead_steps": "discarded_steps",
    "lead_seconds": "discarded_seconds",
    "foreign_share": "background_share",
    "stolen_share": "steal_share",
    "control_seconds": "fixed_work_seconds",
    "contaminated": "disturbed",
    "seam_seconds": "boundary_seconds",
    "epoch_end_ticks_seconds": "epoch_end_polls_seconds",
    "unit": "task",
    "yardstick": "baseline",
    "twin_of": "control_of",
    "handicap": "known_effect",
}
# The fields whose objects have fields of these names themselves.
_INNER = ("task", "void", "contenders", "machine")
# What was measured then, as headers say it now.
_WORKLOADS = [
    {"name": "train", "verb": "trains", "gerund": "training"},
    {"name": "predict", "verb": "predicts", "gerund": "predicting"},
]
_NATIVE, _GEMM = "native-", "gemm"
_TENSORFLOW_NOTE = (
    "leaves out operations that it holds for cheap, small matrix products too: they are in waiting."
)
_OLD_CONTROL, _CONTROL = " twin", " A/A"


def upgraded(line: Any) -> Any:
    """Rename what a line of an old record calls otherwise.

    Parameters
    ----------
    line : object
        A line, as JSON was decoded; what isn't an object is returned as it is.
    """
    if not isinstance(line, dict):
        return line
    found = _renamed(line)
    if found.get("kind") == "header":
        found.setdefault("workloads", _WORKLOADS)
        contenders = found.get("contenders")
        if isinstance(contenders, list):
            found["contenders"] = [_contender(each) for each in contenders]
    kind = found.get("kind")
    if isinstance(kind, str):
        found["kind"] = _KINDS.get(kind, kind)
    return found


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    found = {_FIELDS.get(name, name): value for name, value in fields.items()}
    for name in _INNER:
        value = found.get(name)
        if isinstance(value, dict):
            found[name] = _renamed(value)
        elif isinstance(value, list):
            found[name] = [_renamed(each) if isinstance(each, dict) else each for each in value]
    if found.get("control_of"):
        found["name"] = _control(found.get("name"))
    if "contender" in found:
        found["contender"] = _control(found["contender"])
    return found


def _contender(fields: Any) -> Any:
    """Add what a backend's name alone said of a contender."""
    backend = fields.get("backend") if isinstance(fields, dict) else None
    if not isinstance(backend, str):
        return fields
    on_keras = backend != _GEMM and not backend.startswith(_NATIVE)
    said: dict[str, Any] = {"on_keras": on_keras}
    if backend.startswith(_NATIVE):
        said["framework"] = backend.removeprefix(_NATIVE)
    if backend == "tensorflow":
        said["profile_note"] = _TENSORFLOW_NOTE
    return {**said, **fields}


def _control(name: Any) -> Any:
    if isinstance(name, str) and name.endswith(_OLD_CONTROL):
        return name.removesuffix(_OLD_CONTROL) + _CONTROL
    return name
