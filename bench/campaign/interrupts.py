"""Signals that end a command tidily: what was measured is kept, and nothing is left behind."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn


def prepare() -> None:
    """Have SIGINT, SIGTERM and SIGHUP (a terminal that goes away) raise KeyboardInterrupt."""
    for number in _numbers():
        signal.signal(number, _interrupt)


def ignore() -> None:
    """Ignore the signals from here on: what is left is a moment."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def until_tidy() -> Iterator[Callable[[], None]]:
    """Have the same signals end a run, until what is handed out is called.

    Whoever interrupts twice shall interrupt neither the tidying nor the last tables.
    """
    numbers = _numbers()
    handlers = {number: signal.getsignal(number) for number in numbers}
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        nonlocal interrupted
        interrupted = True
        _interrupt(number, frame)

    for number in numbers:
        signal.signal(number, interrupt)
    yield ignore
    if not interrupted:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _numbers() -> list[signal.Signals]:
    # Who ignores SIGHUP wants to go on without a terminal. SIGINT is ignored where a shell started
    # this behind its back, and ends it all the same.
    hung_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hung_up else [])]


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
