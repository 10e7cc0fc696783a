"""The two kinds of errors: bad input, and a measurement that failed."""

from collections.abc import Iterator
from contextlib import contextmanager


class BadInputError(Exception):
    """Bad input from the user.

    The message is one sentence that says what was wrong and what to do.
    """


class MeasurementError(Exception):
    """A measurement that failed because of its worker.

    The message is the reason. ``log_tail`` is the last lines that the worker printed.
    """

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(reason)
        self.log_tail = log_tail


@contextmanager
def refusing(kind: type[Exception]) -> Iterator[None]:
    """Turn errors of a kind, raised inside the ``with`` block, into BadInputError."""
    try:
        yield
    except kind as error:
        raise BadInputError(str(error)) from error
