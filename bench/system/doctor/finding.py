"""What a check comes to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    name : str
        What was looked at.
    ok : bool or None
        None where it can't be told.
    says : str
        What was found, in a few words.
    advice : str
        What to do about it; empty if there is nothing to do.
    """

    name: str
    ok: bool | None
    says: str
    advice: str = ""
