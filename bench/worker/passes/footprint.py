"""The worker's side of the footprint pass: measure time and memory of a cold start by phase."""

from collections.abc import Callable

from aebench import backends
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.cold_start import PhaseMemory
from aebench.bench.protocol.messages.footprint import FootprintJob, FootprintResult
from aebench.bench.protocol.phases import FOOTPRINT_PHASES
from aebench.bench.system import proc_memory
from aebench.bench.worker.cold_start import ColdStart
from aebench.bench.worker.evaluating import LOSS, NoLossError, evaluate, loss_of
from aebench.bench.worker.runtime_info import finite, runtime_info

STEADY_STEPS = 50
_LOSS_SAMPLES = 1000


def work(channel: Channel, job: FootprintJob) -> None:
    """Run the phases in order, send an answer after each phase, then an answer about the model."""
    exact = proc_memory.exact_peaks()
    backend = backends.load(job.backend)
    start = ColdStart(job)
    phases: tuple[Callable[[], None], ...] = (
        start.framework,
        start.data,
        start.build,
        lambda: start.train(1),
        lambda: start.train(STEADY_STEPS),
        start.predict,
    )
    for name, phase in zip(FOOTPRINT_PHASES, phases, strict=True):
        row = {**proc_memory.measured(phase, exact), **proc_memory.shares()}
        channel.send(encode(PhaseMemory(name, **row)))
    device_bytes = backend.device_peak_bytes()
    # The loss shows that the steps trained the model. Computing it takes memory: that comes last.
    assert start.samples is not None
    few = start.samples.first(_LOSS_SAMPLES)
    try:
        loss = evaluate(start.keras_model, few, few.total)[LOSS]
    except NoLossError:
        loss = loss_of(start.figures)
    result = FootprintResult(
        runtime_info(backend, start.keras_model),
        device_peak_bytes=device_bytes,
        parameters=int(start.keras_model.count_params()),
        loss_steps=1 + min(STEADY_STEPS, start.samples.total // job.batch_size),
        loss=finite("loss", loss),
    )
    channel.send(encode(result))
