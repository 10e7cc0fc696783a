"""The session of ``pytest bench/``.

It measures the selected tests in one campaign, and every test then replays the rounds of its own
contender and cell.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aebench.bench.campaign import campaign, one_step, own_models, run_output
from aebench.bench.campaign.time_history import TimeHistory
from aebench.bench.data import datasets
from aebench.bench.errors import BadInputError
from aebench.bench.plan import run_axes
from aebench.bench.plan.estimate import pace_here
from aebench.bench.plan.forecast import Forecast
from aebench.bench.plan.plan import ContenderCell
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.pytest_plugin.gate import Gate
from aebench.reports import terminal
from aebench.reports.journal import RecordError, load, retire
from aebench.reports.record import Block, Round
from aebench.reports.sanitize import encodable, printable
from aebench.reports.summary import FootprintRow, SpeedCell, SpeedRow, Summary, summarise

PASSES = ("speed", "footprint")
_ANSWER_SECONDS = 600.0


class WorkerClock:
    """The timer that pytest-benchmark reads: a clock of the seconds that workers measured."""

    __name__ = "worker_clock"

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        """Return the sum of the seconds by which the clock was advanced."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Advance the clock by some seconds."""
        self._now += seconds


@dataclass(frozen=True)
class Replay:
    """The measurements of a contender in a cell.

    ``seconds`` are the seconds of its rounds. ``failure`` is the reason why the contender has no
    valid measurement, or is worse than the baseline by a rule; empty if neither is so.
    ``undecided`` says which rule can't be judged yet.
    """

    seconds: list[float]
    extra_info: dict[str, Any]
    failure: str = ""
    undecided: str = ""


class PytestSession:
    """One pytest session's plan and, once it has been measured, its record.

    Parameters
    ----------
    config : pytest.Config
        The configuration, with the options of :mod:`aebench.bench.pytest_plugin.plugin`.

    Raises
    ------
    pytest.UsageError
        If an option names something unknown or not installed, or doesn't fit the data.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        try:
            self._scratch = datasets.scratch_folder()
            asked = Request(
                preset=config.getoption("--preset"),
                backends=config.getoption("--backend"),
                models=config.getoption("--model"),
                sets=config.getoption("sets"),
                batch_sizes=config.getoption("--batch-size"),
                launches=config.getoption("--launches"),
                blocks=config.getoption("--blocks"),
                until=config.getoption("--until"),
                round_seconds=config.getoption("--round-seconds"),
                passes=PASSES,
            )
            request = run_axes.applied(asked)
            scratch = Path(self._scratch.name)
            found = own_models.found(request, config.getoption("--data"), scratch, _ANSWER_SECONDS)
            self.plan = plan_from_request(request, found.counts, found.models)
            self._data = found.data([model.name for model in self.plan.models])
            self._gate = Gate(
                config.getoption("--aebench-baseline"), config.getoption("--aebench-fail-if")
            )
        except BadInputError as error:
            raise pytest.UsageError(printable(str(error))) from error
        given = config.getoption("--record")
        self._folder = Path(given) if given else run_output.new_folder("pytest")
        self._keep_previous = bool(given)
        self._failures: dict[ContenderCell, str] = {}
        self._rounds: dict[ContenderCell, list[Round]] = {}
        self.summary: Summary | None = None

    @property
    def record(self) -> Path:
        """Return the path of the record."""
        return self._folder / "record.jsonl"

    def cells(self) -> list[tuple[ContenderCell, str]]:
        """List each contender in each cell, with the reason why it can't run the cell.

        The reason is empty if the contender can run the cell.
        """
        return self.plan.contender_cells()

    def measure(self, selected: frozenset[ContenderCell]) -> None:
        """Measure the selected contenders and cells in one campaign, and keep its record."""
        console = terminal.new_console()
        plan = self.plan.only(selected)
        inputs = self._inputs(console)
        run_output.show(console, plan, self._data, plan.tasks(), inputs.forecast)
        try:
            kept = retire(self.record) if self._keep_previous else None
            if kept:
                console.print(terminal.plain(f"The record that was there is kept: {kept}"))
            outcome = campaign.run(plan, inputs, self._folder)
        except (BadInputError, RecordError) as error:
            pytest.exit(printable(str(error)), returncode=pytest.ExitCode.USAGE_ERROR)
        if outcome == "interrupted":
            raise KeyboardInterrupt
        record = load(self.record)
        self.summary = summarise(record)
        try:
            self._gate.judge(record)
        except BadInputError as error:
            pytest.exit(printable(str(error)), returncode=pytest.ExitCode.USAGE_ERROR)
        repeated = {row.block_key for row in record.of(Block) if row.repeated}
        for row in record.of(Round):
            if row.block >= 0 and row.block_key not in repeated:
                where = ContenderCell(row.contender, row.model, row.workload, row.batch_size)
                self._rounds.setdefault(where, []).append(row)

    def try_out(self, selected: frozenset[ContenderCell]) -> None:
        """Run one step of the selected contenders in their cells, and keep the failures."""
        plan = self.plan.only(selected)
        self._failures = one_step.run(plan, self._inputs(Console(quiet=True)))

    def _inputs(self, console: Console) -> campaign.RunInputs:
        command = [
            "pytest",
            *(encodable(str(word)) for word in self._config.invocation_params.args),
        ]
        scratch = Path(self._scratch.name)
        history = TimeHistory(os.environ)
        return campaign.RunInputs(
            self._data,
            command,
            scratch,
            console,
            _ANSWER_SECONDS,
            forecast=Forecast(pace_here(), history.ratios()),
            history=history,
        )

    def replay(self, wanted: ContenderCell) -> Replay:
        """Return the measurements of a contender in a cell."""
        if self.summary is None:
            return Replay([0.0], {}, self._failures.get(wanted, ""))
        cell = next(
            cell
            for cell in self.summary.speed
            if (cell.model, cell.workload, cell.batch_size) == wanted[1:]
        )
        speed = next(row for row in cell.rows if row.contender == wanted.contender)
        # Contenders without Keras have no row of a footprint, and get an empty one.
        footprint = next(
            (
                row
                for row in self.summary.footprint
                if (row.contender, row.model) == (wanted.contender, wanted.model)
            ),
            FootprintRow(wanted.contender, wanted.model),
        )
        model = next(each for each in self.plan.models if each.name == wanted.model)
        failure = speed.failure or footprint.failure
        if not failure and footprint.parameters not in (0, model.parameters):
            failure = f"Keras counts {footprint.parameters:,} parameters, not {model.parameters:,}"
        if not failure and speed.differs:
            failure = f"not the same model: {speed.differs}"
        failed, undecided = self._gate.of(wanted)
        rounds = self._rounds.get(wanted, [])
        return Replay(
            [row.seconds for row in rounds],
            {**_extra_info(cell, speed, footprint, rounds), "record": str(self.record)},
            failure or failed,
            undecided,
        )

    def render(self, colours: bool) -> str:
        """Return the text of the run's last screen; empty if nothing was measured."""
        if self.summary is None:
            return ""
        console = Console(
            file=io.StringIO(),
            force_terminal=colours,
            color_system="standard" if colours else None,
            width=terminal.new_console().width,
        )
        console.print(terminal.render_screen(self.summary))
        console.print(terminal.plain(f"Record: {self.record}"), soft_wrap=True)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    def close(self) -> None:
        """Remove the session's temporary files."""
        self._scratch.cleanup()


def _extra_info(
    cell: SpeedCell, speed: SpeedRow, footprint: FootprintRow, rounds: list[Round]
) -> dict[str, Any]:
    times = speed.times_reference
    return {
        "reference": cell.reference,
        "times_reference": times and times.value,
        "times_reference_interval": times and [times.low, times.high],
        "times_reference_adjusted": speed.adjusted and [speed.adjusted.low, speed.adjusted.high],
        "verdict": speed.verdict,
        "noise_floor": cell.noise_floor,
        "of_native": speed.of_native and speed.of_native.value,
        "of_limit": speed.of_limit and speed.of_limit.value,
        "samples_per_second": speed.samples_per_second and speed.samples_per_second.value,
        "samples_per_second_interval": speed.samples_per_second
        and [speed.samples_per_second.low, speed.samples_per_second.high],
        "step_seconds": speed.step_seconds and speed.step_seconds.value,
        "epoch_fixed_seconds": speed.epoch and speed.epoch.fixed_seconds,
        "epoch_seconds": speed.epoch and speed.epoch.seconds.value,
        "peak_memory_bytes": footprint.peak_bytes and footprint.peak_bytes.value,
        "parameters": footprint.parameters,
        "loss": footprint.loss,
        "loss_steps": footprint.loss_steps,
        "steps_per_round": rounds[0].steps if rounds else None,
        "launch_index": [row.launch for row in rounds],
        "block_index": [row.block for row in rounds],
    }
