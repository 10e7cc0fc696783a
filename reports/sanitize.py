"""Text from anywhere, such as a record or a command line, made safe to be shown."""

import json
import re
import unicodedata

_UNSAFE = re.compile(r"[^\w-]+")
_BLANKS = "\t\n\v\f\r\x85\u2028\u2029"
# Control and format characters (some reverse a line), halves of characters, private ones.
_UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")


def printable(text: str) -> str:
    r"""Show what isn't printed as an escape such as ``\x1b``, and what breaks a line as a blank."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _BLANKS:
        return " "
    return _escaped(character) if _is_unprinted(character) else character


def _is_unprinted(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTED


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def printable_json(text: str) -> str:
    """Write what isn't printed as JSON's own escapes, which change nothing of what it says."""

    def escaped(found: re.Match[str]) -> str:
        unprinted = found[0] in _BLANKS or _is_unprinted(found[0])
        return json.dumps(found[0])[1:-1] if unprinted else found[0]

    return _BEYOND_ASCII.sub(escaped, text)


def encodable(text: str) -> str:
    r"""Escape what isn't UTF-8 in a text of the system's, as ``\udcff``."""
    return text.encode(errors="backslashreplace").decode()


def reason(error: OSError) -> str:
    """Say why a call of the system failed, also where the error bears no text of the system's."""
    return error.strerror or str(error) or type(error).__name__


def file_name(text: str) -> str:
    """Make a part of a file's name: no separators, no dots, and not too long."""
    return _UNSAFE.sub("-", text).strip("-")[:60]
