"""Output streams that a closed pipe, a full disk or a locale without UTF-8 can't break."""

import codecs
import io
import os
import sys
from typing import TextIO

_NEAREST = {
    "×": "x",
    "±": "+-",
    "\N{NO-BREAK SPACE}": " ",
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
    """A stream that discards all output after writing has failed once, and raises nothing.

    Writing fails when a pipe or terminal is closed, or a disk is full. The measurement continues.

    Attributes
    ----------
    failure : OSError or None
        The first error; None if there was none.
    """

    failure: OSError | None = None

    def write(self, text: str, /) -> int:
        """Write a text; discard it if writing fails or has failed."""
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Write out the buffer; discard it if writing fails."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.failure = self.failure or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        # Point the file's number to the null device: at exit Python writes its buffers to it.
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def prepare() -> None:
    """Replace stdout and stderr by streams that never raise on printing."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The standard stream is closed, so its number is free. Open the null device with it:
            # else a record opened later would get the number, and with it all printed text.
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error("nearest", _nearest)
    sys.stdout = _tolerant(sys.stdout, 1)
    sys.stderr = _tolerant(sys.stderr, 2)


def _tolerant(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:  # the stream was closed when Python started
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
    """Return similar characters for those that the locale can't show, and the index after them."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_NEAREST.get(character, "?") for character in text), error.end
