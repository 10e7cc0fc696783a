"""The ladder pass: time the steps of a cell on each rung of each contender, in shared blocks."""

import time
from collections.abc import Callable, Sequence

from aebench.bench import workloads
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.blocks import BlockRound
from aebench.bench.campaign.passes.rounds import (
    LaunchCell,
    Session,
    ask,
    dropping,
    running_sessions,
    started,
)
from aebench.bench.plan.order import block_orders
from aebench.bench.protocol.messages.ladder import (
    LadderJob,
    PrepareRungs,
    RungsPrepared,
    RungTimes,
    RunRung,
)
from aebench.bench.system.machine_controls import MachineControls
from aebench.reports import record
from aebench.reports.record import Cell, LadderBlock, Task

# A round of a rung takes half as long as one of the speed pass: a block has many.
_OF_A_ROUND = 0.5
LEAST_STEPS = 8
# The inputs of one call take at most so many bytes, and it has at most so many steps.
MOST_BYTES = 128 * 2**20
MOST_STEPS = 4096
VALIDATION_SAMPLES = 1024


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Measure the tasks in the order given. A task is one launch of a model."""
    with blocks.machine_controls(context) as controls:
        for task in tasks:
            began = time.monotonic()
            _launch(context, task, controls)
            context.end(task, time.monotonic() - began)


def _launch(context: Context, task: Task, controls: MachineControls) -> None:
    plan = context.plan
    model = plan.model(task.model)
    data = context.data[task.model].info
    shapes = [list(each) for each in model.dense_shapes]
    validation = min(VALIDATION_SAMPLES, data.test_samples)
    sessions = started(
        context,
        plan.in_ladder(task.model),
        lambda contender: context.job(
            LadderJob,
            contender,
            model,
            dense_shapes=shapes,
            validation_samples=validation,
            own_data=not data.choice.endswith(".npz"),
        ),
        task,
    )
    try:
        for cell in plan.ladder_cells(task.model, task.launch):
            _cell(context, sessions, cell, task.launch, controls)
    finally:
        for session in running_sessions(sessions):
            context.fleet.stop(session.worker)


def _cell(
    context: Context,
    sessions: Sequence[Session],
    cell: Cell,
    launch: int,
    controls: MachineControls,
) -> None:
    here = LaunchCell(cell, workloads.load(cell.workload), launch, "ladder")
    rounds: list[BlockRound] = []
    for session in sessions:
        if session.gone or not context.plan.takes_part(session.contender, cell):
            continue
        context.display.doing(f"{cell}, rungs of {session.contender.name}")
        with dropping(context, session, here):
            rounds += _prepared(context, sessions, session, here)
    if not rounds:
        return
    info = context.plan.info
    count = info.sizes_of(cell.workload).blocks
    orders = block_orders(len(rounds), count, info.order_seed, launch)
    blocks.run(context, rounds, here, orders, controls, event=LadderBlock)


def _prepared(
    context: Context, sessions: Sequence[Session], session: Session, cell: LaunchCell
) -> list[BlockRound]:
    """Let a contender compile its rungs; return their rounds, and record what it hasn't got."""
    answer = session.worker.ask(PrepareRungs(*cell.command_arguments), RungsPrepared)
    fields = cell.fields(session.contender)
    for rung, reason in answer.absent.items():
        context.append(record.AbsentRung, rung=rung, reason=reason, **fields)
    return [
        BlockRound(
            session,
            _taker(
                *(context, sessions, session, cell, rung),
                min(_steps(context, cell.cell, seconds), answer.most_steps.get(rung, MOST_STEPS)),
            ),
        )
        for rung, seconds in answer.step_seconds.items()
    ]


def _steps(context: Context, cell: Cell, step_seconds: float) -> int:
    """Return the number of steps in a round, which may have to fit into memory as one call."""
    sample_bytes = context.data[cell.model].sample_bytes
    most = min(MOST_STEPS, MOST_BYTES // (cell.batch_size * sample_bytes))
    wanted = _OF_A_ROUND * context.plan.round_seconds / max(step_seconds, 1e-9)
    return max(LEAST_STEPS, min(most, round(wanted)))


def _taker(
    context: Context,
    sessions: Sequence[Session],
    session: Session,
    cell: LaunchCell,
    rung: str,
    steps: int,
) -> Callable[[int, int], record.RungRound]:
    def take(block: int, position: int) -> record.RungRound:
        command = RunRung(rung, steps)
        answer, waiting_cpu_seconds = ask(sessions, session, command, RungTimes)
        return context.append(
            record.RungRound,
            answer,
            **cell.fields(session.contender),
            rung=rung,
            block=block,
            position=position,
            steps=steps,
            waiting_cpu_seconds=waiting_cpu_seconds,
        )

    return take
