"""Variables of the environment at which libraries choke: their imports end, or nothing is shown.

What is taken away here, workers don't see either.
"""

import logging
import os

# What $COLUMNS and $LINES may say; Rich takes 0 for a width, and ² for a number.
LEAST, MOST = 5, 2000
MOST_EPOCH_SECONDS = 10**11
# Matplotlib's import fails where these name what it doesn't know; figures here need neither.
_NEVER = ("MPLBACKEND", "MATPLOTLIBRC")


def tame() -> None:
    """Take away what libraries can't read, and warnings of what they do about it."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of folders for its caches
    for name in _NEVER:
        os.environ.pop(name, None)
    for name in ("COLUMNS", "LINES"):
        if not LEAST <= _number(name) <= MOST:
            os.environ.pop(name, None)
    # NumPy makes a year of it.
    if not 0 <= _number("SOURCE_DATE_EPOCH") < MOST_EPOCH_SECONDS:
        os.environ.pop("SOURCE_DATE_EPOCH", None)


def _number(name: str) -> int:
    """Return a variable's number; -1 if it is none, or a very large one."""
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else -1
