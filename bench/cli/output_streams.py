"""Output streams that survive a closed pipe, a full disk and a locale without UTF-8."""

import codecs
import io
import os
import sys
from typing import TextIO

_NEAREST = {
    "×": "x",
    "–": "-",
    "→": "->",
    "…": "...",
    "·": "-",
    "†": "*",
    "‡": "**",
    "≥": ">=",
    "∞": "inf",
}


class Tolerant(io.TextIOWrapper):
    """A stream that drops its output once writing fails.

    Writing fails when a pipe or terminal is closed, or a disk is full. The measurement goes on.

    Attributes
    ----------
    failure : OSError or None
        The first error; None while everything was printed.
    """

    failure: OSError | None = None

    def write(self, text: str, /) -> int:
        """Write, or drop what can't be written."""
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Flush, or drop what can't be written."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.failure = self.failure or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        # The number stays the same, so that Python can flush its buffers at exit.
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def prepare() -> None:
    """Replace stdout and stderr by streams to which printing never fails."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The new file takes this number; a record opened later must not get it.
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error("nearest", _nearest)
    sys.stdout = _tolerant(sys.stdout, 1)
    sys.stderr = _tolerant(sys.stderr, 2)


def _tolerant(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:  # it was closed when Python began
        return Tolerant(io.FileIO(number, "w", closefd=False), "utf-8", write_through=True)
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    encoding, lines = stream.encoding, stream.line_buffering
    unable = encoding.lower().replace("-", "") != "utf8"
    return Tolerant(
        stream.detach(),
        encoding,
        "nearest" if unable else "backslashreplace",
        line_buffering=lines,
    )


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that the locale can't show by similar ones."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_NEAREST.get(character, "?") for character in text), error.end
