"""The two ways in which something goes wrong: the user's input, and a measurement."""

from collections.abc import Iterator
from contextlib import contextmanager


class BadInputError(Exception):
    """What the user asked for can't be done; the message is one sentence that says what to do."""


class MeasurementError(Exception):
    """A worker failed; the message is the reason, ``log_tail`` the last lines that it printed."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(reason)
        self.log_tail = log_tail


@contextmanager
def refusing(kind: type[Exception]) -> Iterator[None]:
    """Take errors of a kind as bad input: one sentence, no traceback."""
    try:
        yield
    except kind as error:
        raise BadInputError(str(error)) from error
