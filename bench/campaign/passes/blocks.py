"""Blocks: a round of every contender, back to back, in balanced order, an eye on the machine.

Whether a block counts is judged by what the machine did meanwhile, never by what was measured.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes.rounds import (
    LaunchCell,
    Length,
    Session,
    cpu_seconds,
    dropping,
    present,
    take,
)
from aebench.bench.plan.order import block_orders
from aebench.bench.system import machine_noise, processor
from aebench.reports.record import Block

# Threads that spin after their work have been seen to stop within 10 ms.
PAUSE_SECONDS = 0.02
# Shares of all cores' time in a block, from which on it is repeated.
FOREIGN_LIMIT = 0.10
STOLEN_LIMIT = 0.02


def run(context: Context, sessions: Sequence[Session], cell: LaunchCell, length: Length) -> None:
    """Run the planned blocks of a cell, and disturbed ones again, at most half as many.

    Parameters
    ----------
    context : Context
        What every pass needs.
    sessions : sequence of Session
        Warm, waiting inside ``fit`` or ``predict``.
    cell : LaunchCell
        Where they meet.
    length : Length
        Of each round.
    """
    info = context.plan.info
    planned = info.sizes_of(cell.cell.workload).blocks
    orders = block_orders(len(sessions), planned, info.order_seed, cell.launch)
    repeats_left = len(orders) // 2
    number = 0
    for position, order in enumerate(orders):
        context.display.doing(f"{cell}, block {position + 1} of {len(orders)}")
        repeated = True
        while repeated and present(sessions):
            seen = _block(context, sessions, order, cell, length, number)
            disturbed = is_disturbed(seen.background_share, seen.steal_share)
            repeated = disturbed and repeats_left > 0
            repeats_left -= repeated
            context.journal.append(
                Block(
                    model=cell.cell.model,
                    workload=cell.cell.workload,
                    batch_size=cell.cell.batch_size,
                    launch=cell.launch,
                    block=number,
                    seconds=seen.seconds,
                    background_share=seen.background_share,
                    steal_share=seen.steal_share,
                    fixed_work_seconds=seen.fixed_work_seconds,
                    disturbed=disturbed,
                    repeated=repeated,
                )
            )
            number += 1


def is_disturbed(background_share: float | None, steal_share: float | None) -> bool:
    """Tell whether others took so much of the machine that a block has to be repeated."""
    return (background_share or 0.0) > FOREIGN_LIMIT or (steal_share or 0.0) > STOLEN_LIMIT


@dataclass(frozen=True)
class _Seen:
    """What the machine did during a block; see :class:`aebench.reports.record.Block`."""

    seconds: float
    background_share: float | None
    steal_share: float | None
    fixed_work_seconds: float


def _block(
    context: Context,
    sessions: Sequence[Session],
    order: Sequence[int],
    cell: LaunchCell,
    length: Length,
    number: int,
) -> _Seen:
    watch = _Watch(present(sessions))
    fixed_work_seconds = machine_noise.seconds()
    samples_per_second: dict[str, float] = {}
    waiting_seconds = 0.0
    for position, index in enumerate(order):
        session = sessions[index]
        if session.gone:
            continue
        time.sleep(PAUSE_SECONDS)
        with dropping(context, session, cell):
            row = take(context, sessions, session, cell, length, number, position)
            waiting_seconds += row.waiting_cpu_seconds or 0.0
            name = session.contender.name
            samples_per_second[name] = row.steps * cell.cell.batch_size / row.seconds
    seconds, background_share, steal_share = watch.end(waiting_seconds)
    context.display.figure(
        ", ".join(f"{name} {each:,.0f}" for name, each in sorted(samples_per_second.items()))
        + " samples/s"
    )
    return _Seen(seconds, background_share, steal_share, fixed_work_seconds)


class _Watch:
    """Watches what the cores do beside what they are meant to."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions
        self._began = time.perf_counter()
        self._ours = self._our_seconds()
        self._cores = processor.core_seconds()

    def end(self, waiting_seconds: float) -> tuple[float, float | None, float | None]:
        """Tell seconds since the beginning, and which shares were foreign and stolen.

        ``waiting_seconds`` are those that workers used although it wasn't their turn: foreign too.
        """
        seconds = time.perf_counter() - self._began
        cores = processor.spent(self._cores, processor.core_seconds())
        ours = self._our_seconds()
        if cores is None:
            return seconds, None, None
        steal_share = None if cores.stolen is None else cores.stolen / cores.total
        if ours is None or self._ours is None:
            return seconds, None, steal_share
        background_seconds = max(0.0, cores.busy - (ours - self._ours)) + waiting_seconds
        return seconds, background_seconds / cores.total, steal_share

    def _our_seconds(self) -> float | None:
        """Add up what this process and the workers have used; an ended worker's can't be told."""
        workers = cpu_seconds(self._sessions)
        return None if workers is None else workers + time.process_time()
