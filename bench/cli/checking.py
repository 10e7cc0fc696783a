"""The command ``check``: whether a model builds, trains, predicts and agrees on every backend."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aebench.bench.cli.exit_codes import CODES, FAILURES, OK
from aebench.bench.cli.measure import Measurement, run_options
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import summarise
from aebench.reports.formatting import listed
from aebench.reports.known_differences import known

if TYPE_CHECKING:
    from aebench.reports.summary import ParityRow, Summary


def check(given: Given) -> int:
    """Check models on every backend, print what was found, and keep nothing.

    Raises
    ------
    BadInputError
        If a model, its samples or an option is refused.
    """
    from aebench.bench.cli.run_command import measure
    from aebench.reports.terminal import new_console, plain

    asked = {name: value for name, value in given.items() if name != "models"}
    request = Measurement(passes=("parity",)).request({**asked, "model": given["models"]})
    with tempfile.TemporaryDirectory(prefix="aebench-check-") as folder:
        options = replace(run_options(given, fresh_parity=True), out=Path(folder) / "check")
        outcome, record = measure(request, "check", options, keep=False)
        if outcome == "interrupted" or record is None:
            return CODES[outcome]
        summary = summarise([record])
    console = new_console()
    for text in findings(summary):
        console.print(plain(text), soft_wrap=True)
    return FAILURES if any(_problem(row) for row in summary.parity) else OK


def findings(summary: "Summary") -> Iterator[str]:
    """Yield a sentence on the contenders that agree, and one on each that doesn't, by model.

    What can't be done on a contender is told too.
    """
    for model in dict.fromkeys(row.model for row in summary.parity):
        rows = [row for row in summary.parity if row.model == model]
        for does, trains in (("builds, trains, predicts", True), ("builds, predicts", False)):
            agreeing = [
                row.contender for row in rows if not _problem(row) and _trains(row) == trains
            ]
            if agreeing:
                yield f"{model} {does} and agrees on {listed(agreeing)}."
        for row in rows:
            why = _problem(row) or row.unsupported
            if why:
                yield f"{model} on {row.contender}: {why.removesuffix('.')}. {known(row)}".strip()


def _problem(row: "ParityRow") -> str:
    return row.failure or row.differs


def _trains(row: "ParityRow") -> bool:
    return any(check.check == "step" for check in row.checks)
