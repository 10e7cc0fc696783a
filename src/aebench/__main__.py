"""``python -m aebench`` is the command ``aebench``."""

import os
import sys
from typing import NoReturn

from aebench.bench.campaign import interrupts
from aebench.bench.cli.exit_codes import INTERRUPTED


def main() -> NoReturn:
    """Run the command, interruptible from the first moment on."""
    try:
        # Before the imports, which take a while.
        interrupts.prepare()
        from aebench.bench.cli import main as command

        code = command()
    except KeyboardInterrupt:
        code = INTERRUPTED
    interrupts.ignore()  # what is left is a moment
    if code == INTERRUPTED:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Where the interrupt went through an exec(), as in imports, Python would end by SIGINT.
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
