"""Text from a command line or the environment, made fit for a sentence or a record."""

from aebench.reports.sanitize import encodable

_SHOWN_CHARACTERS = 60


def shortly(value: object) -> str:
    """Quote what was given in a refusal: escapes for what isn't printed, and not all of it."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"


def is_encodable(text: str) -> bool:
    """Tell whether a text can be written to a record: what isn't UTF-8 can't."""
    return encodable(text) == text
