"""Run another program, read its short output, and end it with all processes that it started."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

MOST_ANSWER_BYTES = 2**16
_NAP_SECONDS = 0.01


def ask(
    command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None
) -> str | None:
    """Run a program and return the text that it prints.

    Parameters
    ----------
    command : sequence of str
        The program's path and its arguments.
    seconds : float
        Time after which the program is ended.
    environment : mapping of str to str, optional
        The program's environment; this process's own if left out.

    Returns
    -------
    str or None
        The text that the program printed. None if the program can't be run, failed, took longer
        or printed more than :data:`MOST_ANSWER_BYTES`. Processes that it started are ended too.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
    try:
        answer = _listen(process, time.monotonic() + seconds)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    return answer if process.returncode == 0 else None


def _listen(process: "subprocess.Popen[bytes]", deadline: float) -> str | None:
    """Read what a program prints until it ends; None at the deadline, or if it prints too much.

    The pipe isn't read to its end: a process that the program started may keep it open for ever.
    """
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    heard = bytearray()
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        try:
            piece = os.read(pipe, MOST_ANSWER_BYTES)
        except BlockingIOError:
            piece = b""
        heard += piece
        if len(heard) > MOST_ANSWER_BYTES:
            return None
        if not piece:
            if ended:
                return heard.decode(errors="replace")
            time.sleep(_NAP_SECONDS)
    return None
