"""The worker's side of the profile pass: what is compiled when, and where a step's time goes."""

import gc
import tempfile
from pathlib import Path
from typing import Any

from aebench import backends
from aebench.backends import profilers
from aebench.bench.models.loading import load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages import (
    CompileLog,
    Operation,
    Profiled,
    ProfileJob,
    RoundTimes,
    encode,
)
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker import attribution, chrome_trace, compile_log
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.building import build, set_initial_weights
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.worker.sample_files import mapped
from aebench.bench.worker.stepping import Script, Stepper, steps_per_call
from aebench.bench.workloads.train import WORKLOAD as TRAIN

# A profiler's own first steps are slow: they are traced, and not counted.
DISCARDED_STEPS = 10
WARM_STEPS = 50
UNTRACED_ROUNDS = 5
# One of them may have met with something else: the median one is shown.
TRACES = 3


def work(channel: Channel, job: ProfileJob) -> None:
    """Log what is compiled, then trace warm steps inside ``fit``.

    The answers are the runtime info, the compile log and the profile.
    """
    backend, profiler = backends.load(job.backend), profilers.load(job.backend)
    model = load(job.model)
    keras_model = build(model, ContenderSettings.from_dict(job.settings), job.seed)
    set_initial_weights(keras_model, model, job.seed)
    profiler.prepare(keras_model)
    channel.send(encode(runtime_info(backend, keras_model)))
    samples = mapped(job.train)
    each = steps_per_call(keras_model)
    call_samples = each * job.batch_size
    few = repeated(samples, job.batch_size, (compile_log.FULL_BATCHES + 1) * each, each)
    compilations = compile_log.keep(keras_model, backend, profiler, few, call_samples)
    channel.send(encode(CompileLog(compilations)))
    steps = -(-job.steps // each) * each
    channel.send(encode(_profile(keras_model, backend, profiler, samples, steps, job)))


def _profile(
    keras_model: Any,
    backend: backends.Backend,
    profiler: profilers.Profiler,
    samples: Samples,
    steps: int,
    job: ProfileJob,
) -> Profiled:
    batch_size, each = job.batch_size, steps_per_call(keras_model)
    discarded_steps = -(-DISCARDED_STEPS // each) * each
    samples = repeated(samples, batch_size, discarded_steps + steps + 2 * each, each)
    stepper = Stepper(keras_model, backend, TRAIN, samples, batch_size)
    untraced: list[RoundTimes] = []
    clocked: list[float] = []
    with tempfile.TemporaryDirectory(dir=Path(job.trace).parent) as scratch:

        def script() -> Script:
            yield from stepper.steps(-(-WARM_STEPS // each) * each)
            for _ in range(UNTRACED_ROUNDS):
                yield from stepper.round(steps, discarded_steps, untraced.append)
            for number in range(TRACES):
                yield from stepper.room(discarded_steps + steps)
                gc.collect()
                gc.disable()  # as in an untraced round
                try:
                    with profiler.tracing(_folder(scratch, number)):
                        yield from stepper.steps(discarded_steps)
                        began = stepper.clock()
                        with profiler.annotation(profilers.WINDOW):
                            yield from stepper.steps(steps)
                            with profiler.annotation(profilers.WAIT):
                                ended = stepper.clock()
                        clocked.append(ended - began)
                finally:
                    gc.enable()

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
        operations=[Operation(**part._asdict()) for part in attribution.attribute(spans)],
    )


def _folder(scratch: str, number: int) -> Path:
    folder = Path(scratch) / str(number)
    folder.mkdir(exist_ok=True)
    return folder
