"""The worker's side of the speed pass for baselines: run rounds of steps without Keras."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aebench import backends
from aebench.backends import native
from aebench.backends.native import gemm
from aebench.bench.models.loading import LoadedModel, load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.every_pass import Job, RuntimeInfo
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Calibrated,
    Compile,
    Enter,
    Entered,
    EpochBoundary,
    Leave,
    RoundTimes,
    RunRound,
    RunShortEpochs,
    SpeedJob,
)
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.building import initial_weights
from aebench.bench.worker.own_network import OwnNetwork
from aebench.bench.worker.round_timing import time_round
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.workloads import Workload

Run = Callable[[int], Any]


def _kind(workload: Workload) -> str:
    """Return which steps a baseline runs for a workload: ``train`` or ``predict``."""
    return "train" if workload.trains else "predict"


def server(channel: Channel, job: SpeedJob) -> "Loops":
    """Return the object that executes the parent's commands for the job's baseline."""
    if job.backend == backends.GEMM:
        return Products(channel, job)
    return network(job, load(job.model), channel)


def network(job: Job, model: LoadedModel, channel: Channel | None = None) -> "Loops":
    """Return the loops of a job's model without Keras; a channel serves rounds on command."""
    made = OwnNetworks if model.closed_form_function is None else Networks
    return made(channel, job, model)


class Loops:
    """Runs rounds of steps. The step after the last batch of the data takes the first batch."""

    def __init__(self, channel: Channel | None, job: Job) -> None:
        self._channel = channel
        self._backend = backends.load(job.backend)

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""
        raise NotImplementedError

    def compile(self, command: Compile, workload: Workload, samples: Samples) -> None:
        """Compile the steps of a cell: loops of each of the numbers of steps."""
        raise NotImplementedError

    def calibrate(self, command: Calibrate, workload: Workload, samples: Samples) -> Calibrated:
        """Measure roughly how many seconds a step takes, after as many that compile if needed."""
        steps = command.steps
        run, wait = self.begin(command, workload, samples)
        wait(run(steps))
        began = time.perf_counter()
        wait(run(steps))
        return self._calibrated(command, workload, (time.perf_counter() - began) / steps)

    def enter(self, command: Enter, workload: Workload, samples: Samples) -> None:
        """Run rounds of a cell on command, until the command to leave."""
        run, wait = self.begin(command, workload, samples)
        channel = self._channel
        assert channel is not None, "rounds on command need a channel"
        channel.send(encode(Entered(None)))
        while isinstance(wanted := receive_command(channel, RunRound, Leave), RunRound):
            self.prepare(wanted.discarded_steps)
            self.prepare(wanted.steps)
            times, _ = time_round(
                lambda steps: wait(run(steps)), wanted.steps, wanted.discarded_steps
            )
            channel.send(encode(self._completed(times, wanted.steps)))

    def epoch_boundaries(self, command: RunShortEpochs, samples: Samples) -> list[EpochBoundary]:
        """Return an empty list: baselines do not run ``fit``, which alone has epochs."""
        return []

    def begin(
        self, command: Calibrate | Enter, workload: Workload, samples: Samples
    ) -> tuple[Run, Callable[[Any], None]]:
        """Return two functions for a cell: the first runs steps, the second waits for a result."""
        raise NotImplementedError

    def prepare(self, steps: int) -> None:
        """Compile a loop of ``steps`` steps before a round, which must include no compiling."""

    def _completed(self, times: RoundTimes, steps: int) -> RoundTimes:
        """Return the answer to a round; :class:`Products` adds the time that memory takes."""
        return times

    def _calibrated(
        self, command: Calibrate, workload: Workload, step_seconds: float
    ) -> Calibrated:
        """Return the answer to a calibration; :class:`Products` adds the libraries' figures."""
        return Calibrated(step_seconds)


class Networks(Loops):
    """Rounds of the model's network, written in a framework without Keras."""

    def __init__(self, channel: Channel | None, job: Job, model: LoadedModel) -> None:
        super().__init__(channel, job)
        form = model.closed_form()
        made = native.load(job.backend)
        if ContenderSettings.from_dict(job.settings).precision:
            self._backend.full_float32()
        weights = form.initial_weights(job.seed)
        self._network = made(weights, native.hyperparameters(form, job.seed))
        self._workload = ""
        self._batches: Any = None

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""
        return runtime_info(self._backend, None, {"how": self._network.HOW})

    def compile(self, command: Compile, workload: Workload, samples: Samples) -> None:
        """Compile loops over the network's steps."""
        self.begin(command, workload, samples)
        for steps in command.steps:
            self.prepare(steps)

    def begin(
        self, command: Compile | Calibrate | Enter, workload: Workload, samples: Samples
    ) -> tuple[Run, Callable[[Any], None]]:
        """See :meth:`Loops.begin`."""
        batch_size = command.batch_size
        # These networks are autoencoders: their target is their input.
        flat = repeated(samples, batch_size, 1).x
        self._batches = None  # free the last cell's images before new ones are loaded
        self._batches = self._network.load(flat.reshape(len(flat), -1), batch_size)
        self._workload = _kind(workload)
        batches = len(flat) // batch_size
        done = 0

        def run(steps: int) -> Any:
            nonlocal done
            first, done = done, (done + steps) % batches
            return self._network.run(self._workload, self._batches, first, steps)

        return run, self._backend.wait

    def prepare(self, steps: int) -> None:
        """See :meth:`Loops.prepare`."""
        self._network.prepare(self._workload, self._batches, steps)


class OwnNetworks(Loops):
    """Rounds of a user's model without Keras: one call a step."""

    def __init__(self, channel: Channel | None, job: Job, model: LoadedModel) -> None:
        super().__init__(channel, job)
        if ContenderSettings.from_dict(job.settings).precision:
            self._backend.full_float32()
        weights = initial_weights(model, job.seed, job.weights)
        assert weights is not None, "a model without a closed form has stored weights"
        self._network = OwnNetwork(model, job.backend, weights)
        self._batches: list[Samples] = []

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""
        return runtime_info(self._backend, None, {"how": "the model's own file, one call a step"})

    def compile(self, command: Compile, workload: Workload, samples: Samples) -> None:
        """Run a step, which compiles where the file asks for it."""
        run, wait = self.begin(command, workload, samples)
        wait(run(1))

    def begin(
        self, command: Compile | Calibrate | Enter, workload: Workload, samples: Samples
    ) -> tuple[Run, Callable[[Any], None]]:
        """See :meth:`Loops.begin`."""
        self._batches = []  # free the last cell's samples before new ones are copied
        whole = repeated(samples, command.batch_size, 1)
        self._batches = batches = self._network.batches(whole, command.batch_size)
        call = self._network.step if workload.trains else self._network.predict
        done = 0

        def run(steps: int) -> Any:
            nonlocal done
            first, done = done, (done + steps) % len(batches)
            return [call(batches[at % len(batches)]) for at in range(first, first + steps)]

        return run, self._backend.wait


class Products(Loops):
    """Rounds of the step's matrix products alone, after which memory is streamed for a moment."""

    def __init__(self, channel: Channel, job: SpeedJob) -> None:
        super().__init__(channel, job)
        self._shapes = [(inputs, units) for inputs, units in job.dense_shapes]
        self._limits: dict[tuple[str, int], gemm.Limit] = {}
        self._limit: gemm.Limit

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""
        return runtime_info(self._backend, None, {"how": gemm.HOW})

    def compile(self, command: Compile, workload: Workload, samples: Samples) -> None:
        """Import the libraries and compile their loops, in which the number of steps is free."""
        self._of_cell(command.batch_size, workload)

    def begin(
        self, command: Calibrate | Enter, workload: Workload, samples: Samples
    ) -> tuple[Run, Callable[[Any], None]]:
        """See :meth:`Loops.begin`."""
        self._limit = self._of_cell(command.batch_size, workload)
        if not self._limit.library:
            self._limit.time_libraries()
        return self._limit.run, self._backend.wait

    def _of_cell(self, batch_size: int, workload: Workload) -> gemm.Limit:
        key = (_kind(workload), batch_size)
        if key not in self._limits:
            self._limits[key] = gemm.Limit(self._shapes, batch_size, _kind(workload))
        return self._limits[key]

    def _completed(self, times: RoundTimes, steps: int) -> RoundTimes:
        return replace(times, memory_seconds=steps * self._limit.memory_seconds())

    def _calibrated(
        self, command: Calibrate, workload: Workload, step_seconds: float
    ) -> Calibrated:
        return Calibrated(
            step_seconds,
            self._limit.library,
            self._limit.library_step_seconds,
            self._limit.step_bytes,
            self._limit.memory_bytes_per_second,
        )
