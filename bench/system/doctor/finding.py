"""Define the result of a check of the machine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Hold what a check found.

    Parameters
    ----------
    name : str
        The checked thing, such as ``swap``.
    ok : bool or None
        Whether all is well; None if this system doesn't show it.
    says : str
        What was found, in a few words.
    advice : str
        What the user can do about it; empty if there is nothing to do.
    """

    name: str
    ok: bool | None
    says: str
    advice: str = ""
