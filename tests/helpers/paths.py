"""Where the repository is, and what an aebench that a test starts may see."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

# What an aebench started by a test sees: no data of this machine's, no width of this terminal's.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(
        ("AEBENCH_", "KERAS_", "PYTEST_XDIST", "COLUMNS", "FORCE_COLOR", "CLICOLOR")
    )
}
