"""Define the repository's folder and the environment of the commands that tests start."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

# Two processes of tests share the cores. OpenMP's threads (PyTorch's) spin while they wait, which
# takes the cores from the other process: the same run took over twice as long.
os.environ["OMP_WAIT_POLICY"] = "passive"

# Tests neither use nor fill the user's cache of parity checks: the fixture parity_cache of
# conftest.py names a folder of their own.
os.environ["AEBENCH_CACHE"] = "off"

# The environment without variables that choose this machine's data or this terminal's width.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(
        ("AEBENCH_", "KERAS_", "PYTEST_XDIST", "COLUMNS", "FORCE_COLOR", "CLICOLOR")
    )
} | {"AEBENCH_CACHE": "off"}
