"""Define a property-based fuzzer for every kind of input that comes from outside.

The kinds are :mod:`fuzz.record`, :mod:`fuzz.grammar`, :mod:`fuzz.archives` and
:mod:`fuzz.command_line`; modules whose names begin with an underscore help them. Every kind has a
strategy ``CASES``, which draws cases. A case's files are written to a new folder, and the case's
commands are run. :mod:`fuzz._promise` checks what must hold after every command.
``tests/fuzz/test_fuzz.py`` runs a few cases of every kind, ``tools/fuzz.py`` runs them for hours.
"""

from importlib import import_module
from typing import Any

INPUTS = ("record", "grammar", "archives", "command_line")


def strategy(name: str) -> Any:
    """Return the strategy that draws cases of a kind of input."""
    return import_module(f"fuzz.{name}").CASES
