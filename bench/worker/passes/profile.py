"""The worker's side of the profile pass: log compilations, then trace warm steps."""

import tempfile
from pathlib import Path
from typing import Any

from aebench import backends
from aebench.backends import profilers
from aebench.backends.contract import Backend
from aebench.bench.models.loading import load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.profile import (
    CompileLog,
    Profiled,
    ProfileJob,
    TracedOperation,
)
from aebench.bench.protocol.messages.speed import RoundTimes
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker import attribution, chrome_trace, compile_log
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.building import ready
from aebench.bench.worker.round_timing import no_garbage_collection
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.worker.sample_files import mapped
from aebench.bench.worker.stepping import Script, Stepper, steps_per_call
from aebench.bench.workloads.train import WORKLOAD as TRAIN

# The first steps under a profiler are slow: they are traced before the marked stretch begins.
DISCARDED_STEPS = 10
WARM_STEPS = 50
UNTRACED_ROUNDS = 5
# Several traces are made, since one may be disturbed. The trace with the median time is reported.
TRACES = 3


def work(channel: Channel, job: ProfileJob) -> None:
    """Log what is compiled, then trace warm steps inside ``fit``.

    Three answers are sent: the runtime info, the compile log and the profile.
    """
    backend, profiler = backends.load(job.backend), profilers.load(job.backend)
    keras_model = ready(load(job.model), job)
    profiler.prepare(keras_model)
    channel.send(encode(runtime_info(backend, keras_model)))
    samples = mapped(job.train)
    per_call = steps_per_call(keras_model)
    call_samples = per_call * job.batch_size
    few = repeated(samples, job.batch_size, (compile_log.FULL_BATCHES + 1) * per_call, per_call)
    compilations = compile_log.log_first_steps(
        keras_model, backend, profiler, few, call_samples, job.workloads
    )
    channel.send(encode(CompileLog(compilations)))
    steps = -(-job.steps // per_call) * per_call
    channel.send(encode(_profile(keras_model, backend, profiler, samples, steps, job)))


def _profile(
    keras_model: Any,
    backend: Backend,
    profiler: profilers.Profiler,
    samples: Samples,
    steps: int,
    job: ProfileJob,
) -> Profiled:
    batch_size, per_call = job.batch_size, steps_per_call(keras_model)
    discarded_steps = -(-DISCARDED_STEPS // per_call) * per_call
    least = discarded_steps + steps + 2 * per_call
    samples = repeated(samples, batch_size, least, per_call)
    stepper = Stepper(keras_model, backend, TRAIN, samples, batch_size)
    untraced: list[RoundTimes] = []
    clocked: list[float] = []
    with tempfile.TemporaryDirectory(dir=Path(job.trace).parent) as scratch:

        def script() -> Script:
            yield from stepper.steps(-(-WARM_STEPS // per_call) * per_call)
            for _ in range(UNTRACED_ROUNDS):
                yield from stepper.round(steps, discarded_steps, untraced.append)
            for number in range(TRACES):
                yield from stepper.room(discarded_steps + steps)
                # The untraced rounds are without garbage collection too.
                with no_garbage_collection(), profiler.tracing(_folder(scratch, number)):
                    yield from stepper.steps(discarded_steps)
                    began = stepper.clock()
                    with profiler.annotation(profilers.WINDOW):
                        yield from stepper.steps(steps)
                        with profiler.annotation(profilers.WAIT):
                            ended = stepper.clock()
                    clocked.append(ended - began)

        stepper.run(script())
        stepper.let_go()
        median = sorted(range(TRACES), key=lambda number: clocked[number])[TRACES // 2]
        spans = profiler.spans(_folder(scratch, median), keras_model)
    marked = attribution.window(spans)
    shown = [
        span
        for span in spans
        if span.end_seconds > marked.begin_seconds and span.begin_seconds < marked.end_seconds
    ]
    process = f"{job.backend}, {job.model.name}, batch {batch_size}, {steps} steps"
    chrome_trace.write(Path(job.trace), process, shown, marked.begin_seconds)
    return Profiled(
        steps=steps,
        untraced_seconds=[times.seconds for times in untraced],
        clocked_seconds=clocked,
        traced_seconds=marked.end_seconds - marked.begin_seconds,
        operations=[TracedOperation(**part._asdict()) for part in attribution.attribute(spans)],
    )


def _folder(scratch: str, number: int) -> Path:
    folder = Path(scratch) / str(number)
    folder.mkdir(exist_ok=True)
    return folder
