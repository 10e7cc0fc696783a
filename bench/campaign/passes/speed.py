"""Speed: interleaved blocks of slices, every contender of a definition in a process of its own."""

import math
import time
from collections.abc import Sequence
from fractions import Fraction

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import expect
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.rounds import (
    Cell,
    Dropping,
    Entrant,
    Length,
    dropping,
    present,
    steps_per_call,
    take,
)
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import Definition, parse
from aebench.reports import record
from aebench.reports.record import Unit

CALIBRATION_STEPS = 10
FASTEST_SLICE_SECONDS = 0.1
# A contender alone would get slices so short that waking up shows in them.
BLOCK_SECONDS = 0.5
WARMUP_SLICES = 3
WARMUP_SECONDS = 2.0
# Ten steps just after compiling tell a step's time roughly; there has to be room for the truth.
MOST_TIMES_AS_MANY_STEPS = 3
# A slice doesn't cross an epoch's end, so that the end of a short one would be wasted.
LEAST_SLICES_IN_AN_EPOCH = 6
# What the end of an epoch costs varies little from process to process: more would be overhead.
LAUNCHES_WITH_SHORT_EPOCHS = 3
# Mid-way between two of TensorFlow's ticks (aebench.backends.tensorflow), so that a wait shows clearly.
SHORT_EPOCH_SECONDS = 0.19
SHORT_EPOCHS = 8
SHORT_EPOCHS_WHERE_SOME_WAIT = 40
WARMUP_BLOCK = -1


class SpeedPass:
    """Runs the pass.

    Parameters
    ----------
    context : Context
        What every pass needs.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        # The same number of steps for all contenders and launches of a cell, also of a run that
        # is carried on.
        self._steps = {
            (row.definition, row.workload, row.batch_size): row.steps
            for row in context.journal.record.of(record.Slice)
            if row.block != WARMUP_BLOCK
        }

    def run(self, units: Sequence[Unit]) -> None:
        """Measure launches of definitions, in the order given."""
        for number, unit in enumerate(units):
            began = time.monotonic()
            self._launch(parse(unit.definition), unit.launch)
            self._context.end(unit, time.monotonic() - began)
            if unit.definition not in [each.definition for each in units[number + 1 :]]:
                self._context.display.results("speed", unit.definition)

    def _launch(self, definition: Definition, launch: int) -> None:
        info = self._context.plan.info
        entrants = self._start(definition, launch)
        try:
            for workload in info.workloads:
                for batch_size in info.batch_sizes:
                    self._measure(entrants, Cell(definition, workload, batch_size, launch))
        finally:
            for entrant in present(entrants):
                self._context.fleet.stop(entrant.worker)

    def _start(self, definition: Definition, launch: int) -> list[Entrant]:
        context = self._context
        context.display.doing(f"{definition.name}: workers start (launch {launch + 1})")
        entrants: list[Entrant] = []
        for contender in context.plan.in_blocks:
            if not context.plan.selects(contender, definition.name):
                continue
            try:
                worker = context.start(contender, context.job("speed", contender, definition))
                entrants.append(Entrant(contender, worker))
            except MeasurementError as error:
                context.note_failure(error, "speed", contender.name, definition.name, launch)
        # They import and build side by side: nothing is timed yet.
        for entrant in entrants:
            with Dropping(context, entrant, definition.name, launch):
                facts = context.note_worker(
                    entrant.worker.answer(),
                    "speed",
                    entrant.contender.name,
                    definition.name,
                    launch,
                )
                entrant.some_epochs_wait = bool(facts.epoch_end_ticks_seconds)
        return entrants

    def _measure(self, everyone: Sequence[Entrant], cell: Cell) -> None:
        context = self._context
        entrants = [
            entrant
            for entrant in everyone
            if context.plan.selects(
                entrant.contender, cell.definition.name, cell.workload, cell.batch_size
            )
        ]
        context.display.doing(f"{cell}, compiling and calibrating")
        for entrant in present(entrants):
            with dropping(context, entrant, cell):
                answer = entrant.worker.ask(cell.request("calibrate", steps=CALIBRATION_STEPS))
                (entrant.step_seconds,) = expect(answer, "step_seconds")
                if "library" in answer:
                    context.append(record.Library, answer, **cell.of(entrant.contender))
        if not present(entrants):
            return
        key = (cell.definition.name, cell.workload, cell.batch_size)
        provisional = Length.of(self._steps.get(key) or self._enough_steps(present(entrants)))
        context.display.doing(f"{cell}, warming up")
        for entrant in present(entrants):
            with dropping(context, entrant, cell):
                self._enter(entrant, cell, provisional)
                self._warm_up(entrants, entrant, cell, provisional)
        if not present(entrants):
            return
        if key not in self._steps:
            most = provisional.steps * MOST_TIMES_AS_MANY_STEPS
            self._steps[key] = min(most, self._enough_steps(present(entrants)))
        self._run_blocks(present(entrants), cell, Length.of(self._steps[key]))
        context.display.doing(f"{cell}, leaving")
        for entrant in present(entrants):
            with dropping(context, entrant, cell):
                entrant.worker.ask(cell.request("leave"))
        if cell.workload == "train" and cell.launch < LAUNCHES_WITH_SHORT_EPOCHS:
            for entrant in present(entrants):
                if not entrant.contender.twin_of and entrant.contender.on_keras:
                    context.display.doing(f"{cell}, ends of epochs of {entrant.contender.name}")
                    with dropping(context, entrant, cell):
                        self._short_epochs(entrant, cell)

    def _run_blocks(self, entrants: Sequence[Entrant], cell: Cell, length: Length) -> None:
        blocks.run(self._context, entrants, cell, length)

    def _enough_steps(self, entrants: Sequence[Entrant]) -> int:
        """Choose how many steps make slices and blocks that are long enough."""
        each = [entrant.step_seconds for entrant in entrants]
        enough = max(FASTEST_SLICE_SECONDS / min(each), BLOCK_SECONDS / sum(each))
        # So many that a handicap comes to whole steps, and everyone's to whole calls.
        unit = math.lcm(
            *(
                Fraction(str(contender.handicap)).denominator * steps_per_call(contender)
                for contender in self._context.plan.in_blocks
            )
        )
        return math.ceil(enough / unit) * unit

    def _enter(self, entrant: Entrant, cell: Cell, length: Length) -> None:
        """Enter ``fit`` or ``predict``."""
        least = LEAST_SLICES_IN_AN_EPOCH * sum(length)
        answer = entrant.worker.ask(cell.request("enter", epoch_steps=least))
        if cell.workload == "train" and entrant.contender.on_keras:
            (seconds,) = expect(answer, "call_seconds")
            self._context.append(
                record.Call,
                {"seconds": seconds},
                contender=entrant.contender.name,
                definition=cell.definition.name,
                batch_size=cell.batch_size,
                launch=cell.launch,
            )

    def _warm_up(
        self, entrants: Sequence[Entrant], entrant: Entrant, cell: Cell, length: Length
    ) -> None:
        """Run slices that don't count, a fixed number and time; tell by them what a step takes."""
        spent = 0.0
        step_seconds: list[float] = []
        while len(step_seconds) < WARMUP_SLICES or spent < WARMUP_SECONDS:
            number = len(step_seconds)
            row = take(self._context, entrants, entrant, cell, length, WARMUP_BLOCK, number)
            spent += row.seconds
            step_seconds.append(entrant.step_seconds)
        # The fastest, so that slices come out long enough when the machine gets faster.
        entrant.step_seconds = min(step_seconds)

    def _short_epochs(self, entrant: Entrant, cell: Cell) -> None:
        each = steps_per_call(entrant.contender)
        steps = each * max(2, round(SHORT_EPOCH_SECONDS / entrant.step_seconds / each))
        epochs = SHORT_EPOCHS_WHERE_SOME_WAIT if entrant.some_epochs_wait else SHORT_EPOCHS
        time.sleep(blocks.PAUSE_SECONDS)
        answer = entrant.worker.ask(cell.request("short epochs", steps=steps, epochs=epochs))
        (rows,) = expect(answer, "epochs")
        for row in rows:
            self._context.append(
                record.ShortEpoch,
                row,
                contender=entrant.contender.name,
                definition=cell.definition.name,
                batch_size=cell.batch_size,
                launch=cell.launch,
                steps=steps,
            )
