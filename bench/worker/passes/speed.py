"""The worker's side of the speed pass: run rounds on command.

A Keras contender runs the rounds inside ``fit`` or as calls of ``predict``, a baseline in a loop
without Keras. The parent sends the same commands to both.
"""

import gc
from typing import Protocol

from aebench import backends
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Calibrated,
    Compile,
    CompiledCell,
    Enter,
    EpochBoundaries,
    EpochBoundary,
    Left,
    RunShortEpochs,
    SpeedJob,
    TimeProducts,
)
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.sample_files import mapped
from aebench.bench.workloads import Workload, load


class Server(Protocol):
    """Executes the parent's commands for one contender."""

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""

    def compile(self, command: Compile, workload: Workload, samples: Samples) -> None:
        """Compile a workload; nothing is timed, and other workers may compile meanwhile."""

    def calibrate(self, command: Calibrate, workload: Workload, samples: Samples) -> Calibrated:
        """Measure roughly how many seconds a step of a workload takes."""

    def enter(self, command: Enter, workload: Workload, samples: Samples) -> None:
        """Run rounds of a workload on command, until the command :class:`Leave`."""

    def epoch_boundaries(self, command: RunShortEpochs, samples: Samples) -> list[EpochBoundary]:
        """Time the boundaries of short epochs of ``fit``."""


def work(channel: Channel, job: SpeedJob) -> None:
    """Build the model, then execute the parent's commands until the parent closes the channel.

    Raises
    ------
    ProtocolError
        If a command is unknown, or is not expected at this point.
    """
    serve: Server
    if not backends.runs_keras(job.backend):
        from aebench.bench.worker import baseline_rounds

        serve = baseline_rounds.server(channel, job)
    else:
        from aebench.bench.worker.keras_rounds import Fits

        serve = Fits(channel, job)
    samples = {"train": mapped(job.train), "test": mapped(job.test)}
    channel.send(encode(serve.runtime_info()))
    while True:
        command = receive_command(channel, Compile, Calibrate, TimeProducts, Enter, RunShortEpochs)
        workload = load(command.workload, job.workloads[command.workload])
        cell_samples = samples[workload.split]
        if isinstance(command, Compile):
            serve.compile(command, workload, cell_samples)
            # Collect garbage before the answer: afterwards another worker may be measured.
            gc.collect()
            gc.freeze()
            channel.send(encode(CompiledCell()))
        elif isinstance(command, Calibrate):
            channel.send(encode(serve.calibrate(command, workload, cell_samples)))
        elif isinstance(command, TimeProducts):
            from aebench.bench.worker.own_products import timed

            channel.send(encode(timed(command, job, workload)))
        elif isinstance(command, Enter):
            serve.enter(command, workload, cell_samples)
            channel.send(encode(Left()))
        else:
            channel.send(encode(EpochBoundaries(serve.epoch_boundaries(command, cell_samples))))
