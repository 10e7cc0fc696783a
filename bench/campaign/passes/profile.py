"""The profile pass: where the time of warm steps goes, and what is compiled when.

Tracing slows steps down. These workers therefore do nothing but this pass, and no other pass uses
their times.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import one_at_a_time
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.profile import CompileLog, Profiled, ProfileJob
from aebench.reports import record
from aebench.reports.placing import keep
from aebench.reports.record import ContenderInfo, Task
from aebench.reports.sanitize import reason
from aebench.reports.traces import trace_path


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Profile the contender and model of each task, in the order given."""
    one_at_a_time.run(context, tasks, "a profile", _profile)


def _profile(context: Context, contender: ContenderInfo, task: Task) -> None:
    info = context.plan.info
    written = context.scratch / "trace.json.gz"
    job = context.job(
        ProfileJob,
        contender,
        context.plan.model(task.model),
        batch_size=info.batch_size,
        steps=info.profile_steps,
        trace=str(written),
        # Steps are traced in training, whose compilations are logged then in any case.
        workloads=["train", *({"predict"} & {each.workload for each in info.sizes})],
    )
    task_fields = one_at_a_time.task_fields(task)
    worker = context.start(contender, job)
    try:
        runtime = worker.answer(RuntimeInfo)
        context.note_worker(runtime, "profile", contender.name, task.model, task.launch)
        for row in worker.answer(CompileLog).compilations:
            context.append(record.Compilation, row, **task_fields)
        _note(context, worker, written, task_fields)
    finally:
        context.fleet.stop(worker)


def _note(context: Context, worker: Worker, written: Path, task_fields: dict[str, Any]) -> None:
    profiled = worker.answer(Profiled)
    for row in profiled.operations:
        context.append(record.Operation, row, **task_fields)
    try:
        digest = hashlib.sha256(written.read_bytes()).hexdigest()
        batch_size = context.plan.info.batch_size
        noted = context.append(
            record.Profile, profiled, **task_fields, batch_size=batch_size, trace_sha256=digest
        )
        keep(written, trace_path(context.journal.path.parent, context.journal.record.header, noted))
        written.unlink()
    except OSError as error:
        raise MeasurementError(f"its trace can't be kept: {reason(error)}") from error
