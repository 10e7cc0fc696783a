"""List the settings that change no result and may make a contender faster."""

from importlib.util import find_spec

from aebench import backends
from aebench.backends import inputs
from aebench.bench.errors import BadInputError
from aebench.bench.plan.contender_texts import check_known
from aebench.bench.plan.settings import parse_settings
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.quoting import shortly
from aebench.bench.system import machine


def candidates(contender: str, cores: int) -> list[str]:
    """List the contenders to try beside a contender: the same with one or two more settings.

    Parameters
    ----------
    contender : str
        A Keras backend, with settings or without, such as ``tensorflow`` or ``torch:jit``.
    cores : int
        Number of cores that a contender may use. With more than one, half of them are tried:
        threads of a small model can take longer to agree than to compute.

    Returns
    -------
    list of str
        The contender itself, as a run calls it, and then those to try beside it, such as
        ``tensorflow:jit,steps=32``.

    Raises
    ------
    BadInputError
        If the contender isn't a backend of Keras with settings that it supports, or nothing is left
        to try.
    """
    backend, _, text = contender.partition(":")
    if "@" in contender:
        raise BadInputError(
            f"{shortly(contender)} has an interpreter, and settings are tried in this one: leave "
            "@ out."
        )
    check_known(backend)
    if not backends.runs_keras(backend):
        raise BadInputError(f"{shortly(backend)} isn't Keras, and has no settings to try.")
    own = parse_settings(backend, text).to_dict()
    words = [*backends.load(backend).TUNING]
    if cores > 1 and machine.can_limit_cores():
        words.append(f"threads={cores // 2}")
    tried = list(dict.fromkeys(filter(None, (_with(backend, own, each) for each in words))))
    if not tried:
        raise BadInputError(f"{shortly(contender)} has no settings that could be tried.")
    return [f"{backend}:{ContenderSettings.from_dict(own)}" if own else backend, *tried]


def with_settings(contender: str, words: str) -> str:
    """Return a contender with settings added; empty if it has another value of them.

    Parameters
    ----------
    contender : str
        A contender, such as ``torch:jit``, without an interpreter.
    words : str
        Settings, such as ``precision=mixed_bfloat16``.
    """
    backend, _, text = contender.partition(":")
    return _with(backend, parse_settings(backend, text).to_dict(), words)


def _with(backend: str, own: dict[str, str], words: str) -> str:
    """Return the contender with settings added; empty if that would change its own settings."""
    try:
        added = parse_settings(backend, words).to_dict()
    except BadInputError:  # such as torch.compile where there is no C++ compiler
        return ""
    package = inputs.load(added["input"]).PACKAGE if "input" in added else ""
    changes = any(own[name] != added[name] for name in own.keys() & added.keys())
    if changes or not added.keys() - own.keys() or (package and not find_spec(package)):
        return ""
    return f"{backend}:{ContenderSettings.from_dict(own | added)}"
