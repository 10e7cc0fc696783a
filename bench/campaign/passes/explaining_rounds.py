"""Measure what explains the figures of a cell: libraries' products, and the steps inside calls.

Neither is compared, so that few are enough.
"""

import math
import time
from collections.abc import Callable, Sequence

from aebench import backends
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes.blocks import PAUSE_SECONDS
from aebench.bench.campaign.passes.rounds import (
    MOST_TIMES_AS_MANY_STEPS,
    LaunchCell,
    Length,
    Session,
    dropping,
    running_sessions,
    steps_per_call,
)
from aebench.bench.protocol.messages.speed import (
    Enter,
    Entered,
    Leave,
    Left,
    OwnProducts,
    RoundTimes,
    RunRound,
    TimeProducts,
)
from aebench.reports import record

# Rounds of steps in a launch: the contenders take turns. The launches' spread gives the interval.
STEADY_ROUNDS = 3
# Each contender's own library is timed in the first launch alone; `gemm` times all in each launch.
LAUNCHES_WITH_OWN_PRODUCTS = 1


def time_products(
    context: Context, sessions: Sequence[Session], session: Session, cell: LaunchCell
) -> None:
    """Time a step's matrix products in a contender's own library, unless ``gemm`` does it.

    Controls are left out, and models that are no chain of dense layers.
    """
    contender = session.contender
    if (
        cell.launch >= LAUNCHES_WITH_OWN_PRODUCTS
        or contender.control_of
        or not contender.on_keras
        or not context.plan.model(cell.cell.model).dense_shapes
        or any(other.contender.backend == backends.GEMM for other in sessions)
    ):
        return
    command = TimeProducts(*cell.command_arguments)
    answer = session.worker.ask(command, OwnProducts)
    for library in answer.library_step_seconds:
        context.append(record.Library, answer, library=library, **cell.fields(contender))


def run_steady(
    context: Context,
    sessions: Sequence[Session],
    cell: LaunchCell,
    enough_steps: Callable[[float], float],
) -> None:
    """Time rounds of steps inside calls, in turn, for a cell whose rounds are whole calls.

    Parameters
    ----------
    context : Context
        The context of the pass.
    sessions : sequence of Session
        The contenders of the cell; those on Keras take part, controls don't.
    cell : LaunchCell
        The cell.
    enough_steps : callable
        Returns the least number of steps of a round, by the seconds of a step.
    """
    taking_part = [
        session
        for session in running_sessions(sessions)
        if session.contender.on_keras and not session.contender.control_of
    ]
    lengths: dict[str, Length] = {}
    for session in taking_part:
        with dropping(context, session, cell):
            context.display.doing(f"{cell}, steps inside calls of {session.contender.name}")
            lengths[session.contender.name] = _enter(session, cell, enough_steps)
    for number in range(STEADY_ROUNDS):
        # Every other round in reverse, so that nobody is always first.
        forward = (number + cell.launch) % 2 == 0
        for session in running_sessions(taking_part if forward else taking_part[::-1]):
            with dropping(context, session, cell):
                _round(context, session, cell, number, lengths[session.contender.name])
    for session in running_sessions(taking_part):
        with dropping(context, session, cell):
            session.worker.ask(Leave(), Left)


def _enter(session: Session, cell: LaunchCell, enough_steps: Callable[[float], float]) -> Length:
    """Tell a worker to call, run a warm-up round inside, and return the length of the rounds."""

    def length(step_seconds: float, most: float = math.inf) -> Length:
        multiple = steps_per_call(session.contender)
        steps = math.ceil(min(most, enough_steps(step_seconds)) / multiple) * multiple
        discarded = Length.of_round(steps).discarded_steps
        return Length(steps, math.ceil(discarded / multiple) * multiple)

    # A step in a whole call took longer, since the call's ends were in it.
    first = length(session.step_seconds)
    most = first.steps * MOST_TIMES_AS_MANY_STEPS
    # The shorter a call is, the less piles up along it.
    command = Enter(*cell.command_arguments, epoch_steps=2 * most, by_steps=True)
    session.worker.ask(command, Entered)
    warm = session.worker.ask(RunRound(*first), RoundTimes)
    return length(warm.seconds / first.steps, most)


def _round(
    context: Context, session: Session, cell: LaunchCell, number: int, length: Length
) -> None:
    time.sleep(PAUSE_SECONDS)
    answer = session.worker.ask(RunRound(*length), RoundTimes)
    context.append(
        record.SteadyRound,
        answer,
        number=number,
        steps=length.steps,
        **cell.fields(session.contender),
    )
