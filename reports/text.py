"""Text of a record, which may hold anything."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Replace what isn't printed, escapes and line ends included, by blanks."""
    return _CONTROL.sub(" ", text)
