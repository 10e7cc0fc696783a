"""Quote text from users for messages, and check that a record can store it."""

from aebench.reports.sanitize import encodable

_SHOWN_CHARACTERS = 60


def shortly(value: object) -> str:
    """Return a value in quotes for a message: unprintable characters escaped, at most 60 shown."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"


def is_encodable(text: str) -> bool:
    """Return whether a text can be encoded as UTF-8, which a record needs."""
    return encodable(text) == text
