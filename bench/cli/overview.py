"""The commands ``list`` and ``doctor``.

Modules that are slow to import are imported inside functions: ``--help`` then takes under 1 s.
"""

from aebench.bench.cli.exit_codes import OK
from aebench.bench.cli.options import Given


def list_everything(given: Given) -> int:
    """Print the tables of models, backends, workloads and presets."""
    from aebench.bench.cli.listing import render
    from aebench.reports.terminal import new_console

    new_console().print(render())
    return OK


def doctor(given: Given) -> int:
    """Print what could make measurements wrong on this machine, and what to do about it."""
    from aebench.bench.system.doctor import diagnose, render
    from aebench.reports.terminal import new_console

    new_console().print(render(diagnose()))
    return OK
