"""The worker's side of the memory pass: measure memory by phase, and its growth with the steps."""

import gc
from collections.abc import Callable

from aebench import backends
from aebench.backends.contract import Backend
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.cold_start import PhaseMemory
from aebench.bench.protocol.messages.memory import MemoryJob, MemoryResult
from aebench.bench.protocol.phases import MEMORY_PHASES, WATCHED_STEPS
from aebench.bench.protocol.samples import Samples
from aebench.bench.system import proc_memory
from aebench.bench.worker.cold_start import ColdStart
from aebench.bench.worker.freed import give_back
from aebench.bench.worker.runtime_info import runtime_info

WARM_STEPS = 100
# Memory is read after each call. At least this many calls are needed to see growth, even if each
# call runs many steps.
_LEAST_CALLS = 40
# All steps are in one epoch, unless their inputs take more bytes than this. On TensorFlow each new
# epoch fills new buffers while the previous epoch's buffers still exist, which looks like growth.
_MOST_BYTES = 256 * 2**20


def work(channel: Channel, job: MemoryJob) -> None:
    """Run the phases in order, send an answer after each phase, then an answer about the steps."""
    exact = proc_memory.exact_peaks()
    backend = backends.load(job.backend)
    start = ColdStart(job)
    held: list[int] = []
    results: list[MemoryResult] = []

    def data() -> None:
        start.data()
        assert start.samples is not None
        start.samples = _enough(start.samples, job)

    def release() -> None:
        import keras

        from aebench.bench.worker.stepping import steps_per_call

        results.append(
            MemoryResult(
                runtime_info(backend, start.keras_model),
                optimiser_bytes=sum(
                    _size(variable) for variable in start.keras_model.optimizer.variables
                ),
                steps_between=steps_per_call(start.keras_model),
                anonymous_bytes=held,
            )
        )
        start.keras_model = start.samples = None
        keras.utils.clear_session()
        gc.collect()
        give_back()

    phases: tuple[Callable[[], None], ...] = (
        start.framework,
        data,
        start.build,
        lambda: start.train(1),
        lambda: _watch(start, backend, job.batch_size, held),
        start.predict,
        release,
    )
    for name, phase in zip(MEMORY_PHASES, phases, strict=True):
        row = {**proc_memory.measured(phase, exact), **proc_memory.shares()}
        known = name not in ("framework", "data")
        peak_bytes = backend.device_peak_bytes() if known else None
        channel.send(encode(PhaseMemory(name, **row, device_peak_bytes=peak_bytes)))
    channel.send(encode(results[0]))
    # Wait until the parent closes the channel: it samples this process until the answer arrives.
    channel.receive()


def _size(variable: object) -> int:
    import numpy as np

    return int(np.asarray(variable).nbytes)


def _enough(samples: Samples, job: MemoryJob) -> Samples:
    """Return samples, repeated until one epoch has all steps or the inputs reach their limit."""
    from aebench.bench.protocol.settings import ContenderSettings
    from aebench.bench.worker.batches import repeated

    batch_size, per_call = job.batch_size, ContenderSettings.from_dict(job.settings).steps
    steps = WARM_STEPS + max(WATCHED_STEPS, _LEAST_CALLS * per_call) + 2 * per_call
    most = _MOST_BYTES // (batch_size * samples.sample_bytes)
    wanted = max(1, min(steps, most) // per_call) * per_call
    return repeated(samples, batch_size, wanted, per_call)


def _watch(start: ColdStart, backend: Backend, batch_size: int, held: list[int]) -> None:
    """Continue training, and append the anonymous memory in bytes to ``held`` after each call."""
    from aebench.bench.worker.stepping import Script, Stepper, steps_per_call
    from aebench.bench.workloads.train import WORKLOAD as TRAIN

    per_call = steps_per_call(start.keras_model)
    assert start.samples is not None
    stepper = Stepper(start.keras_model, backend, TRAIN, start.samples, batch_size)

    def script() -> Script:
        yield from stepper.steps(-(-WARM_STEPS // per_call) * per_call)
        for _ in range(max(WATCHED_STEPS // per_call, _LEAST_CALLS)):
            yield from stepper.steps(per_call)
            stepper.clock()
            try:
                held.append(proc_memory.anonymous_bytes())
            except OSError:
                return

    stepper.run(script())
    stepper.let_go()
