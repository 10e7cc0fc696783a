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
        self._pending = b""

    def send(self, message: Message) -> None:
        """Send one message; raise :class:`ChannelClosedError` if nobody is there."""
        line = json.dumps(message, allow_nan=False).encode() + b"\n"
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self, timeout_seconds: float | None = None) -> Message:
        """Wait, asleep, for the next message.

        Parameters
        ----------
        timeout_seconds : float, optional
            How long to wait for each piece of it; for ever if left out.

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
        while b"\n" not in self._pending:
            try:
                piece = self._socket.recv(65536)
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelClosedError(str(error)) from error
            if not piece:
                raise ChannelClosedError("the other side closed the channel")
            self._pending += piece
            if len(self._pending) > _MOST_BYTES:
                raise ValueError("a message without an end")
        line, _, self._pending = self._pending.partition(b"\n")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message must be a JSON object")
        return message

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
