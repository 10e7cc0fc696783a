"""``python -m bench`` is the command ``aebench``."""

import os
import sys
from typing import NoReturn

from bench import interrupting
from bench.codes import INTERRUPTED


def main() -> NoReturn:
    """Run the command, interruptible from the first moment on."""
    try:
        # Before the imports, which take a while.
        interrupting.prepare()
        from bench.cli import main as command

        code = command()
    except KeyboardInterrupt:
        code = INTERRUPTED
    interrupting.ignore()  # what is left is a moment
    if code == INTERRUPTED:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Where the interrupt went through an exec(), as in imports, Python would end by SIGINT.
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
