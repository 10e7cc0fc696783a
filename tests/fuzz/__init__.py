"""One property-based fuzzer for each door through which something comes in from outside.

The doors are :mod:`fuzz.record`, :mod:`fuzz.grammar`, :mod:`fuzz.archives` and
:mod:`fuzz.command_line`; modules whose names begin with an underscore help them. Each door has a
strategy ``CASES``. A case is laid out in a folder of its own and goes through the command; what
must hold then is in :mod:`fuzz._promise`. ``tests/fuzz/test_fuzz.py`` runs a few cases of each,
``tools/fuzz.py`` as many as time allows.
"""

from importlib import import_module
from typing import Any

DOORS = ("record", "grammar", "archives", "command_line")


def door(name: str) -> Any:
    """Return a door's strategy."""
    return import_module(f"fuzz.{name}").CASES
