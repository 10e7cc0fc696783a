"""The footprint pass: measure cold starts, each in a new process, one process at a time."""

import hashlib
from collections.abc import Sequence

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import one_at_a_time
from aebench.bench.protocol.messages.footprint import FootprintJob, FootprintResult
from aebench.bench.protocol.phases import FOOTPRINT_PHASES
from aebench.bench.system import accelerators
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Measure one cold start for each task, in the order given."""
    one_at_a_time.run(context, tasks, "cold start", _cold_start)


def _cold_start(context: Context, contender: ContenderInfo, task: Task) -> None:
    task_fields = one_at_a_time.task_fields(task)
    job = one_at_a_time.cold_start_job(FootprintJob, context, contender, task)
    _fill_cache(context, contender, job)
    worker = context.start(contender, job)
    try:
        exact = worker.exact_peaks
        context.append(record.Phase, worker.interpreter, **task_fields, exact=exact)
        for _ in FOOTPRINT_PHASES:
            context.append(record.Phase, worker.phase(), **task_fields, exact=exact)
        last = worker.answer(FootprintResult)
        context.note_worker(last.runtime, "footprint", contender.name, task.model, task.launch)
        in_driver = accelerators.process_bytes(worker.pid)
        context.append(record.FootprintFacts, last, **task_fields, device_process_bytes=in_driver)
    finally:
        context.fleet.stop(worker)


def _fill_cache(context: Context, contender: ContenderInfo, job: FootprintJob) -> None:
    """Let a process that isn't measured compile what a contender with a kept cache needs."""
    cache = context.compile_cache(contender)
    if cache is None:
        return
    model = hashlib.sha256(job.model.name.encode()).hexdigest()[:16]
    filled = cache.with_name(f"{cache.name}-filled-{model}")
    if filled.exists():
        return
    worker = context.start(contender, job)
    try:
        for _ in FOOTPRINT_PHASES:
            worker.phase()
        worker.answer(FootprintResult)
    finally:
        context.fleet.stop(worker)
    filled.touch()
