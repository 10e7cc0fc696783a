"""One property-based fuzzer for each kind of input from outside.

The kinds are :mod:`fuzz.record`, :mod:`fuzz.grammar`, :mod:`fuzz.archives` and
:mod:`fuzz.command_line`; modules whose names begin with an underscore help them. Each kind has a
strategy ``CASES``. A case is laid out in a folder of its own and goes through the command; what
must hold then is in :mod:`fuzz._promise`. ``tests/fuzz/test_fuzz.py`` runs a few cases of each,
``tools/fuzz.py`` as many as time allows.
"""

from importlib import import_module
from typing import Any

INPUTS = ("record", "grammar", "archives", "command_line")


def strategy(name: str) -> Any:
    """Return the strategy of a kind of input."""
    return import_module(f"fuzz.{name}").CASES
