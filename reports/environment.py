"""Remove environment variables whose values make libraries fail, or make them show nothing.

Workers inherit the environment, so the removed variables are missing there too.
"""

import logging
import os

# Bounds of $COLUMNS and $LINES. Rich would accept 0 as a width, and ² as a digit.
LEAST, MOST = 5, 2000
MOST_EPOCH_SECONDS = 10**11
# Matplotlib's import fails if these name an unknown backend or file. Figures here need neither.
_NEVER = ("MPLBACKEND", "MATPLOTLIBRC")


def tame() -> None:
    """Remove variables that libraries can't read, and silence matplotlib's warnings."""
    # Matplotlib warns, for example, of cache folders that it can't write.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    for name in _NEVER:
        os.environ.pop(name, None)
    for name in ("COLUMNS", "LINES"):
        if not LEAST <= _number(name) <= MOST:
            os.environ.pop(name, None)
    # Libraries convert SOURCE_DATE_EPOCH to a date, and fail if its year is too large.
    if not 0 <= _number("SOURCE_DATE_EPOCH") < MOST_EPOCH_SECONDS:
        os.environ.pop("SOURCE_DATE_EPOCH", None)


def _number(name: str) -> int:
    """Return the number in a variable; -1 if it is no number, or has 15 or more digits."""
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else -1
