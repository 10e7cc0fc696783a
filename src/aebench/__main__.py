"""Run the command ``aebench`` as ``python -m aebench``."""

import os
import sys
from typing import NoReturn

from aebench.bench.campaign import interrupts
from aebench.bench.cli.exit_codes import INTERRUPTED


def main() -> NoReturn:
    """Run the command and exit. Ctrl-C ends it tidily at any time, even during imports."""
    try:
        # Before the slow imports, so that Ctrl-C during them ends the command tidily too.
        interrupts.prepare()
        from aebench.bench.cli import main as command

        code = command()
    except KeyboardInterrupt:
        code = INTERRUPTED
    interrupts.ignore()  # the command ends in a moment
    if code == INTERRUPTED:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # After an interrupt inside an import, sys.exit() would end by SIGINT with another code.
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
