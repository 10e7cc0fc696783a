"""Show a run while it works: a live view in a terminal, plain lines in a pipe.

The view is drawn only when a pass calls a method, between measurements. A view that refreshed
itself would take processor time from the contender being measured.
"""

import time
from collections.abc import Collection, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar

from aebench.reports import terminal
from aebench.reports.formatting import duration
from aebench.reports.journal import Record
from aebench.reports.record import Cell, Task
from aebench.reports.summary import summarise
from aebench.reports.tables.overview import cell_line

_SHOWN_FIGURES = 3
_REDRAW_SECONDS = 0.5
# Tasks that end at once, such as checks that were kept from earlier, share a line in a pipe.
_BETWEEN_ENDS_SECONDS = 1.0


class Display:
    """The display of a run.

    Parameters
    ----------
    console : Console
        The terminal or pipe to write to.
    stages : sequence of (Task, float)
        The tasks to measure, with their estimated seconds.
    record : Record
        The record, which grows while the run measures.
    """

    def __init__(
        self, console: Console, stages: Sequence[tuple[Task, float]], record: Record
    ) -> None:
        self._console = console
        self._stages = list(stages)
        self._record = record
        self._done = 0
        self._began = time.monotonic()
        self._stage_began = self._began
        self._doing = ""
        # What a pipe was told of the task that is measured, and when it was told of a task's end.
        self._said: set[str] = set()
        self._subject = ""
        self._told_end = -_BETWEEN_ENDS_SECONDS
        self._figures: list[str] = []
        self._figured = False
        self._drawn = 0.0
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()

    def close(self) -> None:
        """Remove the live view from the terminal."""
        if self._live:
            self._live.stop()
            self._live = None

    def doing(self, text: str) -> None:
        """Show what is measured now."""
        task, _ = self._stages[min(self._done, len(self._stages) - 1)]
        self._doing = f"{task.pass_name} · {text}"
        subject = self._doing.partition(", block")[0].partition(", epoch")[0]
        if subject != self._subject:
            self._subject = subject
            self._figures = []
            # Without a live view, print only new subjects: a line per block would be too many.
            if not self._live and subject not in self._said:
                self._said.add(subject)
                self._console.print(
                    terminal.plain(f"[{self._elapsed()}] {subject}"), soft_wrap=True
                )
        self._draw()

    def figure(self, text: str) -> None:
        """Show a result that was just measured, below the previous two results.

        Without a live view, only the first result of the run is printed: it comes long before the
        first line of a cell, and shows that the run works.
        """
        if not self._live and not self._figured:
            self._console.print(terminal.plain(f"[{self._elapsed()}] {text}"), soft_wrap=True)
        self._figured = True
        self._figures = [*self._figures, text][-_SHOWN_FIGURES:]
        self._draw()

    def problem(self, text: str) -> None:
        """Print a failure."""
        for line in text.splitlines():
            self._console.print(terminal.plain(line, "red"), soft_wrap=True)

    def stage_done(self) -> None:
        """Count one more task as finished, and correct the estimate of the time left."""
        self._done += 1
        self._stage_began = time.monotonic()
        self._figures = []
        self._said = set()
        self._draw(now=True)
        since = time.monotonic() - self._told_end
        if not self._live and self._done < len(self._stages) and since > _BETWEEN_ENDS_SECONDS:
            self._told_end = time.monotonic()
            self._console.print(
                terminal.plain(f"[{self._elapsed()}] {self._progress()}"), soft_wrap=True
            )

    def measured(self, cells: Collection[Cell]) -> None:
        """Print what is known of cells of the speed pass, a line each."""
        for cell in summarise(self._record).speed:
            if Cell(cell.model, cell.workload, cell.batch_size) in cells:
                self._console.print(terminal.plain(cell_line(cell)), soft_wrap=True)

    def _elapsed(self) -> str:
        return duration(time.monotonic() - self._began)

    def _progress(self) -> str:
        left = duration(self._left())
        return f"{self._done} of {len(self._stages)} stages done, about {left} left"

    def _left(self) -> float:
        done = sum(seconds for _, seconds in self._stages[: self._done])
        left = sum(seconds for _, seconds in self._stages[self._done :])
        # The finished tasks show how much slower this machine is than the machine of the estimate,
        # as far as they outweigh what is left: checks that were kept from earlier take no time.
        pace = (self._stage_began - self._began + left) / (done + left) if left else 1.0
        return max(0.0, left * pace - (time.monotonic() - self._stage_began))

    def _draw(self, now: bool = False) -> None:
        if not self._live or (not now and time.monotonic() - self._drawn < _REDRAW_SECONDS):
            return
        self._drawn = time.monotonic()
        total = sum(seconds for _, seconds in self._stages)
        done = sum(seconds for _, seconds in self._stages[: self._done])
        _, expected = self._stages[min(self._done, len(self._stages) - 1)]
        done += min(expected, time.monotonic() - self._stage_began)
        parts: list[RenderableType] = [
            terminal.plain(self._doing, "bold"),
            # A progress bar alone doesn't end its line; Padding does.
            Padding(ProgressBar(total=total, completed=min(done, total), width=60)),
            terminal.plain(f"{self._progress()}, {self._elapsed()} gone"),
            *(terminal.plain(figure, "dim") for figure in self._figures),
        ]
        self._live.update(Group(*parts), refresh=True)
