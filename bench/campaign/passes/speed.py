"""The speed pass: time rounds of the contenders in turn, each contender in its own process."""

import math
import time
from collections.abc import Sequence
from fractions import Fraction

from aebench.bench import workloads
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.rounds import (
    Dropping,
    LaunchCell,
    Length,
    Session,
    dropping,
    running_sessions,
    steps_per_call,
    take,
)
from aebench.bench.errors import MeasurementError
from aebench.bench.models.model import Model
from aebench.bench.plan.presets import LAUNCHES_WITH_SHORT_EPOCHS
from aebench.bench.protocol import messages
from aebench.reports import record
from aebench.reports.record import Cell, Task

CALIBRATION_STEPS = 10
# A round has enough steps for the fastest contender to take at least this long.
FASTEST_ROUND_SECONDS = 0.1
# A round has enough steps for a block to take at least this long. With a single contender, rounds
# of 0.1 s would be too short: the worker's time to wake up would be a notable share of them.
BLOCK_SECONDS = 0.5
WARMUP_ROUNDS = 2
# The ten calibration steps right after compiling time a step only roughly. After the warm-up the
# number of steps in a round may be raised, at most to this many times the first number.
MOST_TIMES_AS_MANY_STEPS = 3
# An epoch is long enough for at least this many rounds. A round never crosses the end of an epoch,
# so the steps between the last round and the end aren't timed. With six rounds they are few.
LEAST_ROUNDS_IN_AN_EPOCH = 6
# The length of a short epoch: half-way between two polls of TensorFlow, see
# aebench.backends.tensorflow. An epoch that waits for the next poll then takes clearly longer than
# an epoch that doesn't wait.
SHORT_EPOCH_SECONDS = 0.19
SHORT_EPOCHS = 8
SHORT_EPOCHS_WHERE_SOME_WAIT = 40
WARMUP_BLOCK = -1


class SpeedPass:
    """The speed pass of a run.

    Parameters
    ----------
    context : Context
        The context of the pass.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        # The number of steps in a round of each cell, the same for all contenders and launches.
        # Rounds that are already in the record (in a resumed run) have fixed it.
        self._steps = {
            Cell(row.model, row.workload, row.batch_size): row.steps
            for row in context.journal.record.of(record.Round)
            if row.block != WARMUP_BLOCK
        }

    def run(self, tasks: Sequence[Task]) -> None:
        """Measure the tasks in the order given. A task is one launch of a model."""
        for number, task in enumerate(tasks):
            began = time.monotonic()
            self._launch(self._context.plan.model(task.model), task.launch)
            self._context.end(task, time.monotonic() - began)
            if task.model not in [later.model for later in tasks[number + 1 :]]:
                self._context.display.results("speed", task.model)

    def _launch(self, model: Model, launch: int) -> None:
        sessions = self._start(model, launch)
        try:
            for cell in self._context.plan.cells(model.name, launch):
                workload = workloads.load(cell.workload)
                self._measure(sessions, LaunchCell(cell, workload, launch))
        finally:
            for session in running_sessions(sessions):
                self._context.fleet.stop(session.worker)

    def _start(self, model: Model, launch: int) -> list[Session]:
        context = self._context
        context.display.doing(f"{model.name}: workers start (launch {launch + 1})")
        sessions: list[Session] = []
        for contender in context.plan.in_blocks:
            if not any(
                context.plan.takes_part(contender, cell)
                for cell in context.plan.cells(model.name, launch)
            ):
                continue
            try:
                worker = context.start(contender, context.speed_job(contender, model))
                sessions.append(Session(contender, worker))
            except MeasurementError as error:
                context.note_failure(error, "speed", contender.name, model.name, launch)
        # All workers import and build at the same time: nothing is timed yet.
        for session in sessions:
            with Dropping(context, session, model.name, launch):
                info = context.note_worker(
                    session.worker.answer(messages.RuntimeInfo),
                    "speed",
                    session.contender.name,
                    model.name,
                    launch,
                )
                session.some_epochs_wait = bool(info.epoch_end_polls_seconds)
        return sessions

    def _measure(self, sessions_of_launch: Sequence[Session], cell: LaunchCell) -> None:
        context = self._context
        sessions = [
            session
            for session in sessions_of_launch
            if context.plan.takes_part(session.contender, cell.cell)
        ]
        context.display.doing(f"{cell}, compiling and calibrating")
        for session in running_sessions(sessions):
            with dropping(context, session, cell):
                command = messages.Calibrate(*cell.command_arguments, CALIBRATION_STEPS)
                answer = session.worker.ask(command, messages.Calibrated)
                session.step_seconds = answer.step_seconds
                if answer.library is not None:
                    context.append(record.Library, answer, **cell.fields(session.contender))
        if not running_sessions(sessions):
            return
        key = cell.cell
        provisional = Length.of_round(
            self._steps.get(key) or self._enough_steps(running_sessions(sessions))
        )
        context.display.doing(f"{cell}, warming up")
        for session in running_sessions(sessions):
            with dropping(context, session, cell):
                self._enter(session, cell, provisional)
                self._warm_up(sessions, session, cell, provisional)
        if not running_sessions(sessions):
            return
        if key not in self._steps:
            most = provisional.steps * MOST_TIMES_AS_MANY_STEPS
            self._steps[key] = min(most, self._enough_steps(running_sessions(sessions)))
        self._run_blocks(running_sessions(sessions), cell, Length.of_round(self._steps[key]))
        context.display.doing(f"{cell}, leaving")
        for session in running_sessions(sessions):
            with dropping(context, session, cell):
                session.worker.ask(messages.Leave(), messages.Left)
        if cell.workload.trains and cell.launch < LAUNCHES_WITH_SHORT_EPOCHS:
            for session in running_sessions(sessions):
                if not session.contender.control_of and session.contender.on_keras:
                    context.display.doing(f"{cell}, ends of epochs of {session.contender.name}")
                    with dropping(context, session, cell):
                        self._short_epochs(session, cell)

    def _run_blocks(self, sessions: Sequence[Session], cell: LaunchCell, length: Length) -> None:
        blocks.run(self._context, sessions, cell, length)

    def _enough_steps(self, sessions: Sequence[Session]) -> int:
        """Return the number of steps that makes the fastest round and a block long enough."""
        step_seconds = [session.step_seconds for session in sessions]
        enough = max(FASTEST_ROUND_SECONDS / min(step_seconds), BLOCK_SECONDS / sum(step_seconds))
        # Round up to a multiple for which the extra steps of a known-effect control are a whole
        # number, and the steps of every contender are whole calls.
        multiple = math.lcm(
            *(
                Fraction(str(contender.known_effect)).denominator * steps_per_call(contender)
                for contender in self._context.plan.in_blocks
            )
        )
        return math.ceil(enough / multiple) * multiple

    def _enter(self, session: Session, cell: LaunchCell, length: Length) -> None:
        """Tell a session's worker to call ``fit`` or ``predict``, and to wait there for rounds.

        For training on Keras, record the call's seconds.
        """
        least = LEAST_ROUNDS_IN_AN_EPOCH * sum(length)
        command = messages.Enter(*cell.command_arguments, epoch_steps=least)
        answer = session.worker.ask(command, messages.Entered)
        if cell.workload.trains and session.contender.on_keras:
            self._context.append(
                record.Call,
                seconds=answer.call_seconds,
                **cell.fields(session.contender),
            )

    def _warm_up(
        self, sessions: Sequence[Session], session: Session, cell: LaunchCell, length: Length
    ) -> None:
        """Run warm-up rounds, which no result includes, and set the session's ``step_seconds``.

        In the published run of training only the first round after compiling was slow.
        """
        step_seconds: list[float] = []
        for number in range(WARMUP_ROUNDS):
            take(self._context, sessions, session, cell, length, WARMUP_BLOCK, number)
            step_seconds.append(session.step_seconds)
        # The fastest round gives the most steps: rounds are then long enough at any speed seen.
        session.step_seconds = min(step_seconds)

    def _short_epochs(self, session: Session, cell: LaunchCell) -> None:
        steps_of_call = steps_per_call(session.contender)
        calls = max(2, round(SHORT_EPOCH_SECONDS / session.step_seconds / steps_of_call))
        steps = steps_of_call * calls
        epochs = SHORT_EPOCHS_WHERE_SOME_WAIT if session.some_epochs_wait else SHORT_EPOCHS
        time.sleep(blocks.PAUSE_SECONDS)
        command = messages.RunShortEpochs(*cell.command_arguments, steps, epochs)
        for row in session.worker.ask(command, messages.EpochBoundaries).boundaries:
            self._context.append(
                record.ShortEpoch,
                row,
                **cell.fields(session.contender),
                steps=steps,
            )
