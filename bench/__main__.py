"""``python -m bench`` is the command ``aebench``."""

from bench.cli import main

main()
