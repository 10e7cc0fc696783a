"""Define the repository's folder and the environment of the commands that tests start."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

# The environment without variables that choose this machine's data or this terminal's width.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(
        ("AEBENCH_", "KERAS_", "PYTEST_XDIST", "COLUMNS", "FORCE_COLOR", "CLICOLOR")
    )
}
