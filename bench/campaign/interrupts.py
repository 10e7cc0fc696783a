"""End a command tidily on a signal: keep what was measured, and leave no process or file behind."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn


def prepare() -> None:
    """Raise KeyboardInterrupt on SIGINT, SIGTERM and SIGHUP (the terminal was closed)."""
    for number in _numbers():
        signal.signal(number, _interrupt)


def ignore() -> None:
    """Ignore the signals from here on: the command ends in a moment by itself."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def until_tidy() -> Iterator[Callable[[], None]]:
    """Raise KeyboardInterrupt on the signals until the function that is yielded is called.

    That function ignores further signals: a second Ctrl-C must not interrupt the tidying up, or
    the last tables.
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
    # SIGHUP stays ignored if it was: nohup asks that a command goes on without its terminal. SIGINT
    # ends the command even if it was ignored, as shells do for commands in the background.
    hung_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hung_up else [])]


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
