"""The memory pass: measure memory after every phase, and its growth with steps and other loops.

The parent also samples the worker's memory all the time, for a curve over time.
"""

from collections import Counter
from collections.abc import Sequence

from aebench.bench.campaign import memory_sampler
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import one_at_a_time
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages.memory import MemoryJob, MemoryResult
from aebench.bench.protocol.messages.memory_loop import LoopEnd, LoopJob, LoopReading
from aebench.bench.protocol.phases import MEMORY_PHASES
from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.record import ContenderInfo, Task

# The part of a task that is no loop, and how often a loop is watched: with and without collection.
PHASES, _TIMES = "", 2


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Measure the memory of a new worker for each task, in the order given."""
    one_at_a_time.run(context, tasks, "memory", _weigh)


def _weigh(context: Context, contender: ContenderInfo, task: Task) -> None:
    # A resumed run measures the parts that are missing.
    measured = parts_measured(context.journal.record, task)
    if PHASES not in measured:
        _phases(context, contender, task)
    for loop in context.plan.info.loops:
        if loop in measured:
            continue
        context.display.doing(f"{task.model}: {loop} over and over, {task.contender}")
        try:
            _loop(context, contender, task, loop)
        except MeasurementError as error:
            # The other loops are measured all the same.
            whose = ("memory", task.contender, task.model, task.launch)
            context.note_failure(error, *whose, part=loop)


def parts_measured(record_so_far: Record, task: Task) -> list[str]:
    """List the parts of a task that a record has whole: its phases, and loops by their names.

    Parameters
    ----------
    record_so_far : Record
        The record of the run.
    task : Task
        A task of this pass.
    """
    # The curve is the last that is known of the phases.
    curves = [each for each in record_so_far.of(record.MemoryCurve) if task.holds(each)]
    loops = Counter(each.loop for each in record_so_far.of(record.MemoryLoop) if task.holds(each))
    return [*([PHASES] if curves else []), *(loop for loop in loops if loops[loop] == _TIMES)]


def _phases(context: Context, contender: ContenderInfo, task: Task) -> None:
    task_fields = one_at_a_time.task_fields(task)
    job = one_at_a_time.cold_start_job(MemoryJob, context, contender, task)
    worker = context.start(contender, job)
    try:
        exact = worker.exact_peaks
        with memory_sampler.sampling(worker.pid) as curve:
            context.append(
                record.MemoryPhase,
                worker.interpreter,
                **task_fields,
                exact=exact,
                ended_seconds=0.0,
            )
            began_seconds = 0.0
            for _ in MEMORY_PHASES:
                phase = worker.phase()
                ended_seconds = curve.now()
                context.append(
                    record.MemoryPhase,
                    phase,
                    **task_fields,
                    exact=exact,
                    ended_seconds=ended_seconds,
                    peak_anonymous_bytes=curve.highest_anonymous_bytes(
                        began_seconds, phase.anonymous_bytes
                    ),
                )
                began_seconds = ended_seconds
            last = worker.answer(MemoryResult)
        context.note_worker(last.runtime, "memory", contender.name, task.model, task.launch)
        context.append(
            record.MemorySteps, last, **task_fields, batch_size=context.plan.info.batch_size
        )
        context.append(
            record.MemoryCurve,
            **task_fields,
            **curve.event_fields(),
        )
    finally:
        context.fleet.stop(worker)


def _loop(context: Context, contender: ContenderInfo, task: Task, loop: str) -> None:
    """Repeat a loop in a new worker, with and without garbage collection."""
    info = context.plan.info
    job = one_at_a_time.cold_start_job(
        LoopJob, context, contender, task, loop=loop, repeats=info.repeats
    )
    worker = context.start(contender, job)
    try:
        for _ in range(_TIMES):
            readings = [worker.answer(LoopReading) for _ in range(info.repeats)]
            end = worker.answer(LoopEnd)
            context.append(
                record.MemoryLoop,
                end,
                **one_at_a_time.task_fields(task),
                batch_size=info.batch_size,
                loop=loop,
                **loop_fields(readings, end),
            )
    finally:
        context.fleet.stop(worker)


def loop_fields(readings: Sequence[LoopReading], end: LoopEnd) -> dict[str, list[int] | int | None]:
    """Return the memory of a loop as fields of the event.

    Parameters
    ----------
    readings : sequence of LoopReading
        The memory after each repeat.
    end : LoopEnd
        What the loop left.
    """
    told = [each.allocated_bytes for each in readings if each.allocated_bytes is not None]
    fields: dict[str, list[int] | int | None] = {
        "anonymous_bytes": [each.anonymous_bytes for each in readings],
        "resident_bytes": [each.resident_bytes for each in readings],
        "allocated_bytes": told,
    }
    for name, reading in (("before", end.before), ("half", end.half), ("after", end.after)):
        if reading:
            fields[f"{name}_bytes"] = reading.anonymous_bytes
            fields[f"allocated_{name}_bytes"] = reading.allocated_bytes
    return fields
