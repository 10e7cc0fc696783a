"""What the command prints where not everything can be printed."""

import codecs
import io
import sys

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


def prepare() -> None:
    """Replace what a locale without UTF-8 can't show by what comes near it."""

    def nearest(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        text = error.object[error.start : error.end]
        return "".join(_NEAREST.get(each, "?") for each in text), error.end

    codecs.register_error("nearest", nearest)
    for stream in (sys.stdout, sys.stderr):
        unable = stream.encoding.lower().replace("-", "") != "utf8"
        if unable and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nearest")
