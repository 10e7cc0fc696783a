"""End a command tidily on a signal: keep what was measured, and leave no process or file behind."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

_ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def prepare() -> None:
    """Raise KeyboardInterrupt on SIGINT, SIGTERM and SIGHUP (the terminal was closed)."""
    for number in _numbers():
        _handle(number, _interrupt)


def ignore() -> None:
    """Ignore SIGINT, SIGTERM and SIGHUP from now on: the command is about to end by itself."""
    for number in _numbers():
        _handle(number, signal.SIG_IGN)


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Yield :func:`ignore`; until it is called, the signals raise KeyboardInterrupt.

    Afterwards signals are ignored: a second Ctrl-C must not interrupt the removal of files and
    workers, or the printing of the last tables. If no signal came, the handlers that were set
    before are set again at the end of the ``with`` block.
    """
    numbers = _numbers()
    handlers = {number: signal.getsignal(number) for number in numbers}
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        nonlocal interrupted
        interrupted = True
        _interrupt(number, frame)

    for number in numbers:
        _handle(number, interrupt)
    yield ignore
    if not interrupted:
        for number, handler in handlers.items():
            _handle(number, handler)


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Set the handlers that were set before again at the end of the ``with`` block.

    A process that only calls aebench handles signals as it did, also after an interrupt.
    """
    handlers = {number: signal.getsignal(number) for number in _ALL}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            _handle(number, handler)


def _handle(number: signal.Signals, handler: Any) -> None:
    # In other threads no handler can be set. None is one that wasn't set by Python.
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(number, handler)


def _numbers() -> list[signal.Signals]:
    # If SIGHUP is ignored already, it is left so: nohup does that to let a command run on without
    # its terminal. SIGINT is always handled, although shells start background commands with SIGINT
    # ignored.
    hung_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hung_up else [])]


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
