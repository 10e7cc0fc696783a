"""Messages between the parent and a worker: one JSON object per line, on a socket of their own.

Frameworks print to stdout and stderr as they like, so a worker's answers never go there. Only the
standard library is needed, so that the worker weighs nothing before it is measured.
"""

import json
import socket
from typing import Any

Message = dict[str, Any]
_MOST_BYTES = 2**24


class ChannelClosedError(Exception):
    """The other side is gone."""


class Channel:
    """One end of the conversation.

    Parameters
    ----------
    sock : socket.socket
        A connected stream socket; the channel closes it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pending = bytearray()

    def send(self, message: Message) -> None:
        """Send one message; raise :class:`ChannelClosedError` if nobody is there."""
        # An error's text may hold halves of characters, from names that aren't UTF-8.
        line = json.dumps(message, allow_nan=False, ensure_ascii=False).encode(errors="replace")
        try:
            self._socket.sendall(line + b"\n")
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self, timeout_seconds: float | None = None) -> Message:
        """Wait, asleep, for the next message.

        Parameters
        ----------
        timeout_seconds : float, optional
            Time to wait for every piece of the message; no limit if left out.

        Raises
        ------
        TimeoutError
            If nothing came in time.
        ChannelClosedError
            If the other side is gone.
        ValueError
            If what came is not a JSON object.
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
        return _understood(line)

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


def _understood(line: bytes) -> Message:
    """Read a message; what couldn't be sent, or written to a record, is none."""
    try:
        message = json.loads(line.decode())
        # Halves of characters, infinities and what isn't a number are read without a word.
        json.dumps(message, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("a message nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("a message must be a JSON object")
    return message
