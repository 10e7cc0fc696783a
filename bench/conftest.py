"""The options and hooks of ``pytest bench/``: see :mod:`aebench.bench.pytest_plugin.plugin`."""

from aebench.bench.pytest_plugin.plugin import *  # noqa: F403
