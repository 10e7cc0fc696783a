"""Speed: interleaved blocks of slices, every contender of a definition in a process of its own."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.context import Context
from bench.definitions import Definition, parse
from bench.errors import MeasurementError
from bench.fleet import Worker, expect
from bench.order import block_orders
from reports import record
from reports.record import ContenderInfo, Unit

CALIBRATION_STEPS = 10
FASTEST_SLICE_SECONDS = 0.1
# A contender alone would get slices so short that waking up shows in them.
BLOCK_SECONDS = 0.5
# Threads that spin after their work have been seen to stop within 10 ms.
PAUSE_SECONDS = 0.02
WARMUP_SLICES = 3
WARMUP_SECONDS = 2.0
# Mid-way between two of TensorFlow's ticks (backends.tensorflow), so that a wait shows clearly.
SHORT_EPOCH_SECONDS = 0.19
SHORT_EPOCHS = 8
SHORT_EPOCHS_WHERE_SOME_WAIT = 40
WARMUP_BLOCK = -1


@dataclass
class _Entrant:
    """A contender in one launch of one definition."""

    contender: ContenderInfo
    worker: Worker
    some_epochs_wait: bool = False
    step_seconds: float = 0.0
    gone: bool = False


@dataclass(frozen=True)
class _Cell:
    """Where contenders meet, and in which launch."""

    definition: Definition
    workload: str
    batch_size: int
    launch: int

    def request(self, do: str, **fields: int) -> dict[str, str | int]:
        return {"do": do, "workload": self.workload, "batch_size": self.batch_size, **fields}


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
        }

    def run(self, units: Sequence[Unit]) -> None:
        """Measure launches of definitions, in the order given."""
        for number, unit in enumerate(units):
            definition = parse(unit.definition)
            self._launch(definition, unit.launch)
            self._context.end(unit)
            if unit.definition not in [each.definition for each in units[number + 1 :]]:
                self._context.display.results("speed", unit.definition)

    def _launch(self, definition: Definition, launch: int) -> None:
        info = self._context.plan.info
        entrants = self._start(definition, launch)
        try:
            for workload in info.workloads:
                for batch_size in info.batch_sizes:
                    self._measure(entrants, _Cell(definition, workload, batch_size, launch))
        finally:
            for entrant in entrants:
                if not entrant.gone:
                    self._context.fleet.stop(entrant.worker)

    def _start(self, definition: Definition, launch: int) -> list[_Entrant]:
        context = self._context
        context.display.doing(f"{definition.name}: workers start (launch {launch + 1})")
        entrants: list[_Entrant] = []
        for contender in context.plan.running:
            if not context.plan.selects(contender.name, definition.name):
                continue
            try:
                worker = context.start(contender, context.job("speed", contender, definition))
                entrants.append(_Entrant(contender, worker))
            except MeasurementError as error:
                context.note_failure(error, "speed", contender.name, definition.name, launch)
        # They import and build side by side: nothing is timed yet.
        for entrant in entrants:
            with _Dropping(context, entrant, definition.name, launch):
                facts = context.note_worker(
                    entrant.worker.answer(),
                    "speed",
                    entrant.contender.name,
                    definition.name,
                    launch,
                )
                entrant.some_epochs_wait = bool(facts.epoch_end_ticks_seconds)
        return entrants

    def _measure(self, everyone: Sequence[_Entrant], cell: _Cell) -> None:
        entrants = [
            entrant
            for entrant in everyone
            if self._context.plan.selects(
                entrant.contender.name, cell.definition.name, cell.workload, cell.batch_size
            )
        ]
        if not _present(entrants):
            return
        name = f"{cell.definition.name}: {cell.workload}, batch {cell.batch_size}"
        self._context.display.doing(f"{name}, compiling and calibrating")
        for entrant in _present(entrants):
            with self._dropping(entrant, cell):
                answer = entrant.worker.ask(cell.request("calibrate", steps=CALIBRATION_STEPS))
                (entrant.step_seconds,) = expect(answer, "step_seconds")
        if not _present(entrants):
            return
        key = (cell.definition.name, cell.workload, cell.batch_size)
        each = [entrant.step_seconds for entrant in _present(entrants)]
        enough = max(FASTEST_SLICE_SECONDS / min(each), BLOCK_SECONDS / sum(each))
        steps = self._steps.setdefault(key, math.ceil(enough))
        lead_steps = max(2, steps // 5)
        for entrant in _present(entrants):
            with self._dropping(entrant, cell):
                self._enter(entrant, cell, steps, lead_steps)
        self._run_blocks(_present(entrants), cell, steps, lead_steps, name)
        self._context.display.doing(f"{name}, leaving")
        for entrant in _present(entrants):
            with self._dropping(entrant, cell):
                entrant.worker.ask(cell.request("leave"))
        if cell.workload == "train":
            for entrant in _present(entrants):
                self._context.display.doing(f"{name}, ends of epochs of {entrant.contender.name}")
                with self._dropping(entrant, cell):
                    self._short_epochs(entrant, cell)

    def _enter(self, entrant: _Entrant, cell: _Cell, steps: int, lead_steps: int) -> None:
        """Enter ``fit`` or ``predict`` and warm up."""
        request = cell.request("enter", steps=steps, lead_steps=lead_steps)
        answer = entrant.worker.ask(request)
        if cell.workload == "train":
            (seconds,) = expect(answer, "call_seconds")
            self._context.append(
                record.Call,
                {"seconds": seconds},
                contender=entrant.contender.name,
                definition=cell.definition.name,
                batch_size=cell.batch_size,
                launch=cell.launch,
            )
        spent = 0.0
        done = 0
        while done < WARMUP_SLICES or spent < WARMUP_SECONDS:
            row = self._slice(entrant, cell, steps, lead_steps, WARMUP_BLOCK, done)
            spent += row.seconds
            done += 1

    def _run_blocks(
        self, entrants: Sequence[_Entrant], cell: _Cell, steps: int, lead_steps: int, name: str
    ) -> None:
        info = self._context.plan.info
        if not entrants:
            return
        orders = block_orders(len(entrants), info.blocks, info.order_seed, cell.launch)
        for block, order in enumerate(orders):
            self._context.display.doing(f"{name}, block {block + 1} of {len(orders)}")
            last: dict[str, float] = {}
            for position, index in enumerate(order):
                entrant = entrants[index]
                if entrant.gone:
                    continue
                time.sleep(PAUSE_SECONDS)
                with self._dropping(entrant, cell):
                    row = self._slice(entrant, cell, steps, lead_steps, block, position)
                    last[entrant.contender.name] = row.seconds
            self._context.display.figure(
                ", ".join(
                    f"{each} {steps * cell.batch_size / seconds:,.0f}"
                    for each, seconds in sorted(last.items())
                )
                + " samples/s"
            )

    def _slice(
        self,
        entrant: _Entrant,
        cell: _Cell,
        steps: int,
        lead_steps: int,
        block: int,
        position: int,
    ) -> record.Slice:
        answer = entrant.worker.ask(cell.request("slice"))
        row = self._context.append(
            record.Slice,
            answer,
            contender=entrant.contender.name,
            definition=cell.definition.name,
            workload=cell.workload,
            batch_size=cell.batch_size,
            launch=cell.launch,
            block=block,
            position=position,
            steps=steps,
            lead_steps=lead_steps,
        )
        entrant.step_seconds = row.seconds / steps
        return row

    def _short_epochs(self, entrant: _Entrant, cell: _Cell) -> None:
        steps = max(2, round(SHORT_EPOCH_SECONDS / entrant.step_seconds))
        epochs = SHORT_EPOCHS_WHERE_SOME_WAIT if entrant.some_epochs_wait else SHORT_EPOCHS
        time.sleep(PAUSE_SECONDS)
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

    def _dropping(self, entrant: _Entrant, cell: _Cell) -> "_Dropping":
        return _Dropping(self._context, entrant, cell.definition.name, cell.launch)


def _present(entrants: Sequence[_Entrant]) -> list[_Entrant]:
    return [entrant for entrant in entrants if not entrant.gone]


class _Dropping:
    """On a failure: record it, end the worker, take it out of the race; the others go on."""

    def __init__(self, context: Context, entrant: _Entrant, definition: str, launch: int) -> None:
        self._context = context
        self._entrant = entrant
        self._where = (definition, launch)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, MeasurementError):
            return False
        name = self._entrant.contender.name
        self._context.note_failure(error, "speed", name, *self._where)
        self._entrant.gone = True
        self._context.fleet.stop(self._entrant.worker)
        return True
