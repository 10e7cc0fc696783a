"""The worker's side of the ladder pass: time the steps of a workload on each rung."""

import gc
import math
import traceback

from aebench import backends
from aebench.bench.models.loading import load
from aebench.bench.protocol import rungs
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.ladder import LadderJob, PrepareRungs, RungsPrepared, RunRung
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.quoting import shortly
from aebench.bench.worker.building import ready
from aebench.bench.worker.rung_calls import calls
from aebench.bench.worker.rungs import (
    AbsentRungError,
    LadderCell,
    LimitedRunner,
    NotForModelError,
    Runner,
    lower_rungs,
)
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.worker.sample_files import mapped
from aebench.bench.workloads.predict import WORKLOAD as PREDICT
from aebench.bench.workloads.train import WORKLOAD as TRAIN

_WORKLOADS = {each.name: each for each in (TRAIN, PREDICT)}
# Steps that compile, and how long a rung is timed roughly.
_COMPILING_STEPS = 4
_ROUGH_SECONDS = 0.05
_MOST_STEPS = 512


def work(channel: Channel, job: LadderJob) -> None:
    """Build the model, then prepare and time rungs until the parent closes the channel."""
    model = load(job.model)
    backend = backends.load(job.backend)
    keras_model = ready(model, job)
    samples = {"train": mapped(job.train), "test": mapped(job.test)}
    channel.send(encode(runtime_info(backend, keras_model)))
    runners: dict[str, Runner] = {}
    while True:
        command = receive_command(channel, PrepareRungs, RunRung)
        if isinstance(command, RunRung):
            channel.send(encode(runners[command.rung](command.steps)))
            continue
        workload = _WORKLOADS[command.workload]
        cell = LadderCell(
            job,
            model,
            keras_model,
            backend,
            workload,
            command.batch_size,
            samples[workload.split],
            samples["test"],
        )
        runners, prepared = _prepared(cell)
        channel.send(encode(prepared))


def _prepared(cell: LadderCell) -> tuple[dict[str, Runner], RungsPrepared]:
    makers = {**lower_rungs(cell), **calls(cell)}
    runners: dict[str, Runner] = {}
    prepared = RungsPrepared({}, {}, {})
    for rung in rungs.RUNGS[cell.workload.name]:
        try:
            runner = makers[rung.name]()
            runner(_COMPILING_STEPS)
            most = _MOST_STEPS
            if isinstance(runner, LimitedRunner):
                prepared.most_steps[rung.name] = most = runner.most_steps
            prepared.step_seconds[rung.name] = _rough(runner, most)
            runners[rung.name] = runner
        except NotForModelError:
            continue
        except AbsentRungError as error:
            prepared.absent[rung.name] = str(error)
        except Exception as error:
            # Without what users call there is nothing to explain; another rung can be missing.
            if rung.name in (rungs.FIT, rungs.PREDICT):
                raise
            traceback.print_exc()
            kind = type(error).__name__
            prepared.absent[rung.name] = f"it fails ({kind}: {shortly(str(error))})"
    # What lies there now needn't be gone through again before each round.
    gc.collect()
    gc.freeze()
    return runners, prepared


def _rough(runner: Runner, most_steps: int = _MOST_STEPS) -> float:
    """Return roughly the seconds of a step, by as many steps as take long enough."""
    few = runner(_COMPILING_STEPS).step_seconds
    steps = min(_MOST_STEPS, most_steps, math.ceil(_ROUGH_SECONDS / few))
    return few if steps <= _COMPILING_STEPS else runner(steps).step_seconds
