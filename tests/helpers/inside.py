"""Run code in a process of its own that holds a backend."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from aebench import backends
from aebench.backends import workers
from helpers.paths import CLEAN, ROOT

_IMPORT = """
import gc
from aebench.bench.worker.framework import import_framework
gc.disable()
import_framework({!r})
gc.enable()
"""
# As a worker ends: what a framework does at its own exit takes up to a second.
_EXIT = """
import os, sys
sys.stdout.flush()
os._exit(0)
"""


def inside(backend: str, scratch: Path, body: str, **variables: str) -> Any:
    """Run code in a process that holds a backend as a worker does.

    The last line of its output is returned, read as JSON.
    """
    environment = {
        **CLEAN,
        **workers.environment(backend, scratch),
        "KERAS_BACKEND": backends.load(backend).KERAS_BACKEND,
        "KERAS_HOME": str(scratch),
        "PYTHONPATH": str(ROOT / "src"),
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT.format(backend) + textwrap.dedent(body) + _EXIT],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
