"""What the command prints where not everything can be printed, or nobody reads it any more."""

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
    """A stream whose reader may go away: a closed pipe or terminal, a full disk.

    Nobody reads on then, and whoever prints goes on: what is printed from there on goes nowhere.

    Attributes
    ----------
    failure : OSError or None
        Why something wasn't printed.
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
        # Under the same number, so that what waits in buffers can be flushed at exit.
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def prepare() -> None:
    """Make stdout and stderr such that printing never fails, whatever they are."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # It takes the lowest free number: this one, which else a record would get.
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
    """Replace what a locale without UTF-8 can't show by what comes near it."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_NEAREST.get(each, "?") for each in text), error.end
