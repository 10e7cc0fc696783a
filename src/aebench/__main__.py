"""Run the command ``aebench`` as ``python -m aebench``."""

import _thread
import contextlib
import os
import sys
import time
from typing import Any, NoReturn

# The exit code of an interrupted command, as aebench.bench.cli.exit_codes has it. Importing that
# takes a moment, in which Ctrl-C must end the command tidily too.
_INTERRUPTED = 130


def _interrupt_again(lost: Any) -> None:
    """Raise an interrupt once more that came in a destructor, where Python only prints it."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        # In a moment: raised in here, it would be lost and printed too.
        _thread.start_new_thread(_interrupt_soon, ())
    else:
        sys.__unraisablehook__(lost)


def _interrupt_soon() -> None:
    time.sleep(0.05)
    _thread.interrupt_main()


def main() -> NoReturn:
    """Run the command and exit. Ctrl-C ends it tidily at any time, even during imports."""
    code = _INTERRUPTED
    sys.unraisablehook = _interrupt_again
    with contextlib.suppress(KeyboardInterrupt):
        from aebench.bench.campaign import interrupts

        # Before the slow imports, so that Ctrl-C during them ends the command tidily too.
        interrupts.prepare()
        from aebench.bench.cli import main as command

        code = command()
        interrupts.ignore()  # the command ends in a moment
    if code == _INTERRUPTED:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # After an interrupt inside an import, sys.exit() would end by SIGINT with another code.
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
