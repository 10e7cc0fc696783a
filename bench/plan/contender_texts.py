"""Read the texts that ask for contenders, ``BACKEND[:SETTING,…][@PYTHON]``, and write them."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from aebench import backends
from aebench.backends.contract import BackendError
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.interpreters import absolute, runnable
from aebench.bench.plan.settings import parse_settings
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.quoting import is_encodable, shortly
from aebench.reports.record import ContenderInfo

# The most characters in a text that asks for a contender, with the path of its interpreter.
MOST_CHARACTERS = 4096


@dataclass(frozen=True)
class WantedContender:
    """The parts of a text that asks for a contender.

    ``backend`` is one of :func:`aebench.backends.measurable_names`. ``python`` is the path of an
    interpreter; empty for the interpreter of this process.
    """

    backend: str
    settings: ContenderSettings
    python: str

    @property
    def stem(self) -> str:
        """Return the contender's name without an interpreter: backend and settings."""
        text = str(self.settings)
        return f"{self.backend}:{text}" if text else self.backend


def parse_contender(text: str) -> WantedContender:
    """Read a text that asks for a contender.

    Raises
    ------
    BadInputError
        If the text is too long, names no known backend, setting or interpreter, or asks for a
        setting that the backend doesn't support.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadInputError(
            f"{shortly(text)} is too long for a contender: it may have {MOST_CHARACTERS:,} "
            "characters."
        )
    before, at, python = text.partition("@")
    backend, _, settings_text = before.partition(":")
    check_known(backend)
    settings = parse_settings(backend, settings_text)
    if not at:
        return WantedContender(backend, settings, "")
    if not python:
        raise BadInputError(f"{shortly(text)} names no interpreter: give its path after the @.")
    if not is_encodable(python):
        raise BadInputError(
            f"{shortly(python)} is no name in UTF-8, and no record can hold it: rename it."
        )
    path = runnable(python)
    if path is None:
        extra = backends.backend_name(backend)
        raise BadInputError(
            f"there is no interpreter {shortly(python)} for {backend}: give the path of a Python "
            f"that has Keras and {extra} (tox -e {extra} --notest makes .tox/{extra}/bin/python)."
        )
    return WantedContender(backend, settings, path)


def spelling(contender: ContenderInfo) -> str:
    """Return the text that asks for a contender: ``BACKEND[:SETTING,…][@PYTHON]``."""
    settings = ContenderSettings.from_dict(contender.settings)
    before = WantedContender(contender.backend, settings, "").stem
    return f"{before}@{contender.python}" if contender.python else before


def are_same(asked: Sequence[str], contenders: Sequence[ContenderInfo]) -> bool:
    """Return whether texts ask for exactly these contenders, in any order. No interpreter is run.

    Raises
    ------
    BadInputError
        If a text can't be read as a contender.
    """
    wanted = {(word.stem, absolute(word.python)) for word in map(parse_contender, asked)}
    return wanted == {
        (spelling(msgspec.structs.replace(contender, python="")), absolute(contender.python))
        for contender in contenders
    }


@refusing(BackendError)
def check_known(backend: str) -> None:
    """Check that a backend, or a baseline, of this name can be measured.

    Raises
    ------
    BadInputError
        If the name isn't known, or a backend that another package registers can't be loaded.
    """
    # Built-in names need no loading of the backends that other packages register.
    if backend in backends.built_in_names():
        return
    known = backends.measurable_names()
    if backend not in known:
        raise BadInputError(f"{shortly(backend)} is not a backend: use {', '.join(known)}.")
