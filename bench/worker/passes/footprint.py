"""The worker's side of the footprint pass: what the first minute costs, phase by phase."""

from collections.abc import Callable

from aebench import backends
from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.system import proc_memory
from aebench.bench.worker.cold_start import ColdStart
from aebench.bench.worker.runtime_info import facts, finite

STEADY_STEPS = 50
_LOSS_SAMPLES = 1000
PHASES = ("framework", "data", "build", "first step", "steady", "first prediction")


def work(channel: Channel, job: Message) -> None:
    """Run the phases in order, sending a row after each.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``exact`` (whether peaks can be read exactly here), and what
        :class:`aebench.bench.worker.cold_start.ColdStart` needs.
    """
    backend = backends.load(job["backend"])
    start = ColdStart(job)
    phases: tuple[Callable[[], None], ...] = (
        start.framework,
        start.data,
        start.build,
        lambda: start.train(1),
        lambda: start.train(STEADY_STEPS),
        start.predict,
    )
    for name, phase in zip(PHASES, phases, strict=True):
        channel.send({"phase": name, **proc_memory.measured(phase, job["exact"])})
    device_bytes = backend.device_peak_bytes()
    # Afterwards, since evaluating takes memory too: did the steps train what they should?
    assert start.samples is not None
    few = start.samples.first(_LOSS_SAMPLES)
    loss = float(start.keras_model.evaluate(few.x, few.y, few.count, verbose=0))
    channel.send(
        {
            **facts(backend, start.keras_model),
            "device_peak_bytes": device_bytes,
            "parameters": int(start.keras_model.count_params()),
            "loss_steps": 1 + min(STEADY_STEPS, start.samples.count // job["batch_size"]),
            "loss": finite("loss", loss),
        }
    )
