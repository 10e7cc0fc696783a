"""The worker's side of the speed pass: rounds on command.

A Keras contender runs them inside ``fit`` and ``predict``, a baseline in a loop of its own; the
parent asks both for the same.
"""

import gc
from typing import Protocol

from aebench import backends
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages import (
    Calibrate,
    Calibrated,
    Enter,
    Left,
    RunShortEpochs,
    RuntimeInfo,
    ShortEpoch,
    ShortEpochs,
    SpeedJob,
    encode,
    receive_command,
)
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.sample_files import mapped
from aebench.bench.workloads import Workload, load


class Server(Protocol):
    """Obeys the parent's commands."""

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""

    def calibrate(self, command: Calibrate, workload: Workload, samples: Samples) -> Calibrated:
        """Compile, and time roughly what a step takes."""

    def enter(self, command: Enter, workload: Workload, samples: Samples) -> None:
        """Run rounds on command, until the command to leave."""

    def short_epochs(self, command: RunShortEpochs, samples: Samples) -> list[ShortEpoch]:
        """Time the ends of short epochs."""


def work(channel: Channel, job: SpeedJob) -> None:
    """Build the model, then obey the parent's commands until it closes the channel.

    Raises
    ------
    ProtocolError
        If a command is unknown, or makes no sense where it comes.
    """
    serve: Server
    if job.backend not in backends.NAMES:
        from aebench.bench.worker import baseline_rounds

        serve = baseline_rounds.server(channel, job)
    else:
        from aebench.bench.worker.keras_rounds import Fits

        serve = Fits(channel, job)
    samples = {"train": mapped(job.train), "test": mapped(job.test)}
    channel.send(encode(serve.runtime_info()))
    while True:
        command = receive_command(channel, Calibrate, Enter, RunShortEpochs)
        workload = load(command.workload, job.workloads[command.workload])
        cell_samples = samples[workload.split]
        if isinstance(command, Calibrate):
            answer = serve.calibrate(command, workload, cell_samples)
            # Before the answer: after it, another worker has its turn.
            gc.collect()
            gc.freeze()
            channel.send(encode(answer))
        elif isinstance(command, Enter):
            serve.enter(command, workload, cell_samples)
            channel.send(encode(Left()))
        else:
            channel.send(encode(ShortEpochs(serve.short_epochs(command, cell_samples))))
