"""Run blocks. A block is one round of every contender, one after the other, in balanced order.

A disturbed block is repeated. Whether a block is disturbed is decided by the machine's other load
alone, never by a measured time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes.rounds import (
    LaunchCell,
    Session,
    cpu_seconds,
    dropping,
    running_sessions,
    take,
)
from aebench.bench.system import machine_controls as controls_of_machine
from aebench.bench.system import processor
from aebench.bench.system.machine_controls import MachineControls
from aebench.reports.record import Block, ControlSizes, LadderBlock, Round

# The pause before a round. Some threads keep a core busy after their work; they stopped within
# 10 ms where this was measured.
PAUSE_SECONDS = 0.02
# A block is disturbed if background load, or steal, took more than this share of all cores' time.
BACKGROUND_LIMIT_SHARE = 0.10
STEAL_LIMIT_SHARE = 0.02


class TimedRound(Protocol):
    """What a block needs to know of a round."""

    @property
    def steps(self) -> int:
        """The number of steps."""

    @property
    def seconds(self) -> float:
        """The seconds of these steps."""

    @property
    def waiting_cpu_seconds(self) -> float | None:
        """The processor time of the other workers meanwhile."""


@dataclass(frozen=True)
class BlockRound:
    """A round that every block has once.

    Parameters
    ----------
    session : Session
        The contender's session.
    take : callable
        Times the round, given the numbers of the block and of the place in it, and records it.
    """

    session: Session
    take: Callable[[int, int], TimedRound]


def one_of_each(
    context: Context, sessions: Sequence[Session], cell: LaunchCell
) -> list[BlockRound]:
    """Return the rounds of a block with one round of each contender, as :func:`take` times it."""

    def taker(session: Session) -> Callable[[int, int], Round]:
        return lambda block, position: take(context, sessions, session, cell, block, position)

    return [BlockRound(session, taker(session)) for session in sessions]


def machine_controls(context: Context) -> MachineControls:
    """Return the machine controls: those of the record, if there are any, else new ones."""
    known = context.journal.record.of(ControlSizes)
    if known:
        return MachineControls(known[-1])
    context.display.doing("calibrating the machine controls")
    controls = controls_of_machine.calibrated(context.plan.info.threads)
    context.journal.append(controls.sizes)
    return controls


def run(
    context: Context,
    rounds: Sequence[BlockRound],
    cell: LaunchCell,
    orders: Sequence[Sequence[int]],
    controls: MachineControls,
    first_number: int = 0,
    event: type[Block] | type[LadderBlock] = Block,
) -> int:
    """Run blocks of a cell, and repeat disturbed blocks.

    There are at most half as many repetitions as blocks.

    Parameters
    ----------
    context : Context
        The context of the pass.
    rounds : sequence of BlockRound
        The rounds of a block; the contenders are warmed up.
    cell : LaunchCell
        The cell.
    orders : sequence of sequence of int
        For each block, the order of the rounds, by their indices.
    controls : MachineControls
        The machine controls, which are timed at the beginning of every block.
    first_number : int
        The number of the first block.
    event : type
        The event that records a block's state of the machine.

    Returns
    -------
    int
        The number of the next block.
    """
    repeats_left = len(orders) // 2
    number = first_number
    for order in orders:
        context.display.doing(f"{cell}, block {number + 1}")
        repeated = True
        while repeated and running_sessions([each.session for each in rounds]):
            began_at = time.time()
            seen = _block(context, rounds, order, cell, controls, number)
            disturbed = is_disturbed(seen.background_share, seen.steal_share)
            repeated = disturbed and repeats_left > 0
            repeats_left -= repeated
            context.journal.append(
                event(
                    model=cell.cell.model,
                    workload=cell.cell.workload,
                    batch_size=cell.cell.batch_size,
                    launch=cell.launch,
                    block=number,
                    seconds=seen.seconds,
                    background_share=seen.background_share,
                    steal_share=seen.steal_share,
                    compute_seconds=seen.compute_seconds,
                    streaming_seconds=seen.streaming_seconds,
                    disturbed=disturbed,
                    repeated=repeated,
                    began_at=began_at,
                )
            )
            number += 1
    return number


def is_disturbed(background_share: float | None, steal_share: float | None) -> bool:
    """Return whether background load or steal exceeds its limit; None counts as 0."""
    return (background_share or 0.0) > BACKGROUND_LIMIT_SHARE or (
        steal_share or 0.0
    ) > STEAL_LIMIT_SHARE


@dataclass(frozen=True)
class _Seen:
    """Measurements of the machine in a block; see :class:`aebench.reports.record.Block`."""

    seconds: float
    background_share: float | None
    steal_share: float | None
    compute_seconds: float
    streaming_seconds: float


def _block(
    context: Context,
    rounds: Sequence[BlockRound],
    order: Sequence[int],
    cell: LaunchCell,
    controls: MachineControls,
    number: int,
) -> _Seen:
    sessions = list(dict.fromkeys(each.session for each in rounds))
    watch = _Watch(running_sessions(sessions))
    # Whose round was the last must not be in the controls: its threads may still be busy.
    time.sleep(PAUSE_SECONDS)
    compute_seconds, streaming_seconds = controls.compute_seconds(), controls.streaming_seconds()
    samples_per_second: dict[str, float] = {}
    waiting_seconds = 0.0
    for position, index in enumerate(order):
        session = rounds[index].session
        if session.gone:
            continue
        time.sleep(PAUSE_SECONDS)
        with dropping(context, session, cell):
            row = rounds[index].take(number, position)
            waiting_seconds += row.waiting_cpu_seconds or 0.0
            samples_per_second[session.contender.name] = (
                row.steps * cell.cell.batch_size / row.seconds
            )
    seconds, background_share, steal_share = watch.end(waiting_seconds)
    if len(rounds) == len(sessions):
        speeds = sorted(samples_per_second.items())
        told = ", ".join(f"{name} {speed:,.0f}" for name, speed in speeds)
        context.display.figure(f"{told} samples/s")
    return _Seen(seconds, background_share, steal_share, compute_seconds, streaming_seconds)


class _Watch:
    """Measure how much processor time goes to other things than this run."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions
        self._began = time.perf_counter()
        self._ours = self._our_seconds()
        self._cores = processor.core_seconds()

    def end(self, waiting_seconds: float) -> tuple[float, float | None, float | None]:
        """Return the seconds since the beginning, the background load and the steal.

        Background load and steal are shares of all cores' time since the beginning; None where the
        system doesn't report them. ``waiting_seconds`` is the processor time that workers used
        while they should have slept. It is counted as background load.
        """
        seconds = time.perf_counter() - self._began
        cores = processor.spent(self._cores, processor.core_seconds())
        ours = self._our_seconds()
        if cores is None:
            return seconds, None, None
        steal_share = None if cores.steal is None else cores.steal / cores.total
        if ours is None or self._ours is None:
            return seconds, None, steal_share
        background_seconds = max(0.0, cores.busy - (ours - self._ours)) + waiting_seconds
        return seconds, background_seconds / cores.total, steal_share

    def _our_seconds(self) -> float | None:
        """Return the processor seconds of this process and its workers; None if unknown."""
        workers = cpu_seconds(self._sessions)
        return None if workers is None else workers + time.process_time()
