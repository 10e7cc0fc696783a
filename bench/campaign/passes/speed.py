"""The speed pass: time rounds of the contenders in turn, each contender in its own process."""

import time
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from aebench.bench import workloads
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks, explaining_rounds
from aebench.bench.campaign.passes.round_lengths import (
    LEAST_ROUNDS_IN_AN_EPOCH,
    WARMUP_BLOCK,
    RoundLengths,
)
from aebench.bench.campaign.passes.rounds import (
    LaunchCell,
    Session,
    dropping,
    running_sessions,
    started,
    steps_per_call,
    take,
)
from aebench.bench.models.model import Model
from aebench.bench.plan.order import block_orders
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import (
    BLOCKS_A_TURN,
    LAUNCHES_WITH_SHORT_EPOCHS,
)
from aebench.bench.protocol.messages.speed import (
    Compile,
    CompiledCell,
    Enter,
    Entered,
    EpochBoundaries,
    Leave,
    Left,
    RunShortEpochs,
)
from aebench.bench.system.machine_controls import MachineControls
from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.record import Cell, Task
from aebench.reports.summary.looks import goes_on, looks_due

# Rounds before the first block of a launch, and before the first block of each later turn.
WARMUP_ROUNDS = 2
LATER_WARMUP_ROUNDS = 1
# The length of a short epoch: half-way between two polls of TensorFlow, see
# aebench.backends.tensorflow. An epoch that waits for the next poll then takes clearly longer than
# an epoch that doesn't wait.
SHORT_EPOCH_SECONDS = 0.19
SHORT_EPOCHS = 8
SHORT_EPOCHS_WHERE_SOME_WAIT = 16


def cells_going_on(plan: Plan, written: Record, task: Task) -> list[Cell]:
    """Return the cells of a launch of a model of which a record doesn't say that they ended."""
    cells = plan.cells(task.model, task.launch)
    return [cell for cell in cells if goes_on(written, cell, task.launch)]


class SpeedPass:
    """The speed pass of a run.

    Parameters
    ----------
    context : Context
        The context of the pass.
    """

    _controls: MachineControls

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lengths = RoundLengths(context)

    def run(self, tasks: Sequence[Task]) -> None:
        """Measure the tasks in the order given. A task is one launch of a model."""
        with blocks.machine_controls(self._context) as self._controls:
            self._measure(tasks)

    def _measure(self, tasks: Sequence[Task]) -> None:
        for number, task in enumerate(tasks):
            began = time.monotonic()
            self._look(task.launch)
            cells = cells_going_on(self._context.plan, self._context.journal.record, task)
            # The first launch's tables are shown at once. They have no intervals, and say so.
            at_once = number == 0 and bool(cells)
            if cells:
                self._launch(self._context.plan.model(task.model), task.launch, cells, at_once)
                self._context.end(task, time.monotonic() - began)
            else:
                self._context.display.stage_done()
            last = task.model not in [later.model for later in tasks[number + 1 :]]
            if last and not at_once:
                self._context.display.measured(self._context.plan.cells(task.model))

        self._look(self._context.plan.info.launches)

    def _look(self, launches: int) -> None:
        """Make the looks that are due once so many launches of all models were measured."""
        for look in looks_due(self._context.journal.record, launches):
            self._context.journal.append(look)

    def _launch(self, model: Model, launch: int, cells: Sequence[Cell], shown: bool) -> None:
        sessions = self._start(model, launch, cells)
        try:
            self._take_turns(sessions, launch, cells, shown)
        finally:
            for session in running_sessions(sessions):
                self._context.fleet.stop(session.worker)

    def _start(self, model: Model, launch: int, cells: Sequence[Cell]) -> list[Session]:
        context = self._context
        names = {
            contender.name for cell in cells for contender in context.plan.in_launch(cell, launch)
        }
        return started(
            context,
            [each for each in context.plan.in_blocks if each.name in names],
            lambda contender: context.speed_job(contender, model),
            Task("speed", model.name, "", launch),
        )

    def _take_turns(
        self, sessions: Sequence[Session], launch: int, going_on: Sequence[Cell], shown: bool
    ) -> None:
        """Measure the blocks of a launch. The cells take turns of a few blocks.

        If ``shown``, each cell's table is shown after its last block.
        """
        plan = self._context.plan
        cells = [LaunchCell(cell, workloads.load(cell.workload), launch) for cell in going_on]
        taking_part: dict[LaunchCell, list[Session]] = {}
        for cell in cells:
            names = {contender.name for contender in plan.in_launch(cell.cell, launch)}
            taking_part[cell] = [each for each in sessions if each.contender.name in names]
        # Turns of blocks that are still to be measured, and the number of the next block.
        turns: dict[LaunchCell, list[list[list[int]]]] = {}
        numbers = dict.fromkeys(cells, 0)
        self._compile(taking_part)
        for cell in cells:
            blocks_of_launch = plan.info.sizes_of(cell.cell.workload).blocks
            orders = block_orders(
                max(1, len(taking_part[cell])), blocks_of_launch, plan.info.order_seed, launch
            )
            of_turn = BLOCKS_A_TURN if len(cells) > 1 else len(orders)
            turns[cell] = [orders[at : at + of_turn] for at in range(0, len(orders), of_turn)]
        while any(turns.values()):
            for cell in [each for each in cells if turns[each]]:
                if running_sessions(taking_part[cell]):
                    orders = turns[cell].pop(0)
                    first = numbers[cell] == 0
                    numbers[cell] = self._turn(taking_part[cell], cell, orders, numbers[cell])
                    if first:
                        self._boundaries(taking_part[cell], cell)
                    if not turns[cell]:
                        self._steady(taking_part[cell], cell)
                else:
                    turns[cell] = []
                if shown and not turns[cell]:
                    self._context.display.measured([cell.cell])

    def _compile(self, taking_part: Mapping[LaunchCell, Sequence[Session]]) -> None:
        """Let the workers compile all cells of a launch side by side.

        Nothing is timed meanwhile; calibration follows, one worker after the other.
        """
        for cell, sessions in taking_part.items():
            for session in running_sessions(sessions):
                lengths = self._lengths.to_compile(session.contender, cell)
                command = Compile(*cell.command_arguments, lengths)
                with dropping(self._context, session, cell):
                    session.worker.tell(command)
        for cell, sessions in taking_part.items():
            self._context.display.doing(f"{cell}, compiling")
            for session in running_sessions(sessions):
                with dropping(self._context, session, cell):
                    session.worker.answer(CompiledCell)

    def _turn(
        self, sessions: Sequence[Session], cell: LaunchCell, orders: list[list[int]], number: int
    ) -> int:
        """Measure some blocks of a cell; return the number of the cell's next block."""
        context = self._context
        for session in running_sessions(sessions):
            with dropping(context, session, cell):
                if number == 0:
                    context.display.doing(f"{cell}, calibrating")
                    self._lengths.calibrate(session, cell)
                    explaining_rounds.time_products(context, sessions, session, cell)
                self._enter(session, cell)
                context.display.doing(f"{cell}, warming up")
                for warmup in range(_warmup_rounds(cell, first=number == 0)):
                    take(context, sessions, session, cell, WARMUP_BLOCK, warmup)
                if number == 0:
                    self._lengths.fix(session, cell)
        number = blocks.run(
            context,
            blocks.one_of_each(context, sessions, cell),
            cell,
            orders,
            self._controls,
            number,
        )
        context.display.doing(f"{cell}, leaving")
        for session in running_sessions(sessions):
            with dropping(context, session, cell):
                session.worker.ask(Leave(), Left)
        return number

    def _enter(self, session: Session, cell: LaunchCell) -> None:
        """Tell a session's worker to call ``fit`` or ``predict``, and to wait there for rounds.

        For training on Keras, record the call's seconds.
        """
        self._lengths.restore(session, cell)
        least = LEAST_ROUNDS_IN_AN_EPOCH * sum(session.length)
        command = Enter(*cell.command_arguments, epoch_steps=least)
        answer = session.worker.ask(command, Entered)
        if cell.workload.trains and session.contender.on_keras:
            self._context.append(
                record.Call,
                seconds=answer.call_seconds,
                **cell.fields(session.contender),
            )

    def _boundaries(self, sessions: Sequence[Session], cell: LaunchCell) -> None:
        """Time the ends of epochs, for one model of each data set in each of the first launches.

        They are the backend's and the input path's, and hardly the model's.
        """
        plan = self._context.plan
        written, data = self._context.journal.record, self._context.data
        names = [
            name
            for name in dict.fromkeys(each.model for each in plan.cells(launch=cell.launch))
            if data[name].info.train_sha256 == data[cell.cell.model].info.train_sha256
            and goes_on(written, replace(cell.cell, model=name), cell.launch)
        ]
        chosen = names[cell.launch % len(names)] == cell.cell.model
        if not (cell.workload.trains and chosen and cell.launch < LAUNCHES_WITH_SHORT_EPOCHS):
            return
        for session in running_sessions(sessions):
            if not session.contender.control_of and session.contender.on_keras:
                self._context.display.doing(f"{cell}, ends of epochs of {session.contender.name}")
                with dropping(self._context, session, cell):
                    self._short_epochs(session, cell)

    def _steady(self, sessions: Sequence[Session], cell: LaunchCell) -> None:
        """Time the steps inside calls, where rounds are whole calls: they explain the calls."""
        if cell.workload.timing == workloads.WHOLE_CALL and cell.workload.has_steps:
            explaining_rounds.run_steady(
                self._context,
                sessions,
                cell,
                lambda step_seconds: self._lengths.enough_steps(cell, step_seconds),
            )

    def _short_epochs(self, session: Session, cell: LaunchCell) -> None:
        steps_of_call = steps_per_call(session.contender)
        most = self._lengths.most_epoch_steps(cell)
        enough = min(most, SHORT_EPOCH_SECONDS / session.step_seconds)
        calls = max(2, round(enough / steps_of_call))
        steps = steps_of_call * calls
        epochs = SHORT_EPOCHS_WHERE_SOME_WAIT if session.some_epochs_wait else SHORT_EPOCHS
        time.sleep(blocks.PAUSE_SECONDS)
        command = RunShortEpochs(*cell.command_arguments, steps, epochs)
        for row in session.worker.ask(command, EpochBoundaries).boundaries:
            self._context.append(
                record.ShortEpoch,
                row,
                **cell.fields(session.contender),
                steps=steps,
            )


def _warmup_rounds(cell: LaunchCell, first: bool) -> int:
    """Return the number of warm-up rounds before the first turn of a cell, or a later turn.

    Whole calls need none: the discarded steps before every call are a call.
    """
    if cell.workload.timing == workloads.WHOLE_CALL:
        return 0
    return WARMUP_ROUNDS if first else LATER_WARMUP_ROUNDS
