"""Make text of unknown origin, such as from a record or a command line, safe to show."""

import json
import re
import unicodedata

_UNSAFE = re.compile(r"[^\w-]+")
_BLANKS = "\t\n\v\f\r\x85\u2028\u2029"
# Unicode categories: control, format (some reverse a line), surrogates, private, unassigned.
_UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")


def printable(text: str) -> str:
    r"""Replace unprintable characters by escapes such as ``\x1b``, and line breaks by blanks."""
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
    """Replace unprintable characters in JSON by its own escapes; what the JSON means stays."""

    def escaped(found: re.Match[str]) -> str:
        unprinted = found[0] in _BLANKS or _is_unprinted(found[0])
        return json.dumps(found[0])[1:-1] if unprinted else found[0]

    return _BEYOND_ASCII.sub(escaped, text)


def encodable(text: str) -> str:
    r"""Replace characters that UTF-8 can't encode, as in file names, by text such as ``\udcff``."""
    return text.encode(errors="backslashreplace").decode()


def reason(error: OSError) -> str:
    """Return the system's text on why a call failed; without it, the error's message or name."""
    return error.strerror or str(error) or type(error).__name__


def file_name(text: str) -> str:
    """Return a text that is safe in a file name: no separators or dots, at most 60 characters."""
    return _UNSAFE.sub("-", text).strip("-")[:60]
