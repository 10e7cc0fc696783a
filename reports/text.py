"""Text from anywhere, such as a record or a command line, made safe to be shown."""

import re
import unicodedata

_UNSAFE = re.compile(r"[^\w-]+")
_BLANKS = "\t\n\v\f\r\x85\u2028\u2029"
# Control and format characters (some reverse a line), halves of characters, private ones.
_UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn")


def printable(text: str) -> str:
    r"""Show what isn't printed as an escape such as ``\x1b``, and what breaks a line as a blank."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _BLANKS:
        return " "
    if unicodedata.category(character) in _UNPRINTED:
        return character.encode("unicode_escape").decode("ascii")
    return character


def reason(error: OSError) -> str:
    """Say why a call of the system failed, also where the error bears no text of the system's."""
    return error.strerror or str(error) or type(error).__name__


def file_name(text: str) -> str:
    """Make a part of a file's name: no separators, no dots, and not too long."""
    return _UNSAFE.sub("-", text).strip("-")[:60]
