"""Text of a record, which may hold anything."""

import re

_UNSAFE = re.compile(r"[^\w-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Replace what isn't printed, escapes and line ends included, by blanks."""
    return _CONTROL.sub(" ", text)


def file_name(text: str) -> str:
    """Make a part of a file's name: no separators, no dots, and not too long."""
    return _UNSAFE.sub("-", text).strip("-")[:60]
