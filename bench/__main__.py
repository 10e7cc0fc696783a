"""``python -m bench`` is the command ``aebench``."""

import sys
from typing import NoReturn

from bench import interrupting


def main() -> NoReturn:
    """Run the command, interruptible from the first moment on."""
    try:
        # Before the imports, which take a while.
        interrupting.prepare()
        from bench.cli import main as command

        command()
    except KeyboardInterrupt:
        from bench.cli.codes import INTERRUPTED

        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
