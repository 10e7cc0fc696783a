"""Send and receive messages between parent and worker: one JSON object per line, on a socket.

Frameworks print to stdout and stderr, so a worker never sends its answers there. Only the standard
library is imported, so that the channel adds little to the worker's memory before measuring begins.
"""

import json
import socket
from typing import Any

Message = dict[str, Any]
_MOST_BYTES = 2**24


class ChannelClosedError(Exception):
    """The process at the other end has closed the channel or has ended."""


class Channel:
    """One end of the connection between parent and worker.

    Parameters
    ----------
    sock : socket.socket
        A connected stream socket; the channel closes it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pending = bytearray()

    def send(self, message: Message) -> None:
        """Send one message; raise :class:`ChannelClosedError` if the other end is closed."""
        # Replace lone surrogates, which an error's text has for file names that aren't UTF-8.
        line = json.dumps(message, allow_nan=False, ensure_ascii=False).encode(errors="replace")
        try:
            self._socket.sendall(line + b"\n")
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self, timeout_seconds: float | None = None) -> Message:
        """Sleep until the next message arrives, and return it.

        Parameters
        ----------
        timeout_seconds : float, optional
            The longest wait for the next bytes of the message; no limit if left out.

        Raises
        ------
        TimeoutError
            If no bytes arrived in time.
        ChannelClosedError
            If the other end is closed.
        ValueError
            If the received line is not a JSON object, or is longer than 16 MiB.
        """
        self._socket.settimeout(timeout_seconds)
        end = self._pending.find(b"\n")
        while end < 0:
            seen = len(self._pending)
            if seen > _MOST_BYTES:
                raise ValueError("a message without an end")
            self._pending += self._piece()
            end = self._pending.find(b"\n", seen)
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return _parsed(line)

    def _piece(self) -> bytes:
        try:
            piece = self._socket.recv(65536)
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosedError(str(error)) from error
        if not piece:
            raise ChannelClosedError("the other side closed the channel")
        return piece

    def close(self) -> None:
        """Close this end."""
        self._socket.close()


def _parsed(line: bytes) -> Message:
    """Parse a message; refuse values that could not be sent or written to a record."""
    try:
        message = json.loads(line.decode())
        # Encode again: that refuses lone surrogates, infinities and NaN, which the parser accepts.
        json.dumps(message, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("a message nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("a message must be a JSON object")
    return message
