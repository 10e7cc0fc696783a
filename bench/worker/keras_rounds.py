"""The worker's side of the speed pass for Keras: run rounds inside ``fit`` and ``predict``."""

import time

from aebench import backends
from aebench.bench.models.loading import load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
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
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.building import ready
from aebench.bench.worker.calls import Calls
from aebench.bench.worker.runtime_info import runtime_info
from aebench.bench.worker.whole_calls import WholeCalls
from aebench.bench.workloads import CALL, WHOLE_CALL, Workload

_COMPILING_STEPS = 3


class Fits:
    """Runs rounds inside Keras's ``fit`` and ``predict``."""

    def __init__(self, channel: Channel, job: SpeedJob) -> None:
        from aebench.bench.worker.stepping import steps_per_call

        self._channel = channel
        self._backend = backends.load(job.backend)
        self._keras_model = ready(load(job.model), job)
        self._steps_per_call = steps_per_call(self._keras_model)

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""
        return runtime_info(self._backend, self._keras_model)

    def compile(self, command: Compile, workload: Workload, samples: Samples) -> None:
        """Compile the workload by running a few steps: Keras compiles for any number of steps."""
        few = Calibrate(command.workload, command.batch_size, _COMPILING_STEPS)
        self.calibrate(few, workload, samples)

    def calibrate(self, command: Calibrate, workload: Workload, samples: Samples) -> Calibrated:
        """Measure roughly how many seconds a step takes, after steps that compile where needed."""
        if workload.timing == CALL:
            return self._calls(workload, samples, command.batch_size).calibrate(command.steps)
        if workload.timing == WHOLE_CALL:
            return self._whole_calls(workload, samples, command.batch_size).calibrate(command.steps)
        from aebench.bench.worker.stepping import Script, Stepper

        batch_size, per_call = command.batch_size, self._steps_per_call
        steps = -(-command.steps // per_call) * per_call
        discarded_steps = -(-steps // 3 // per_call) * per_call
        samples = repeated(samples, batch_size, 2 * steps + per_call, per_call)
        samples = samples.first((2 * steps + per_call) * batch_size)
        stepper = Stepper(self._keras_model, self._backend, workload, samples, batch_size)
        answers: list[RoundTimes] = []

        def script() -> Script:
            yield from stepper.round(steps, discarded_steps, answers.append)

        stepper.run(script())
        stepper.let_go()
        return Calibrated(answers[0].seconds / steps)

    def enter(self, command: Enter, workload: Workload, samples: Samples) -> None:
        """Run rounds on command: steps inside ``fit``, or calls where the workload times calls."""
        if workload.timing == CALL:
            self._calls(workload, samples, command.batch_size).serve(self._channel)
            return
        if workload.timing == WHOLE_CALL and not command.by_steps:
            self._whole_calls(workload, samples, command.batch_size).serve(self._channel)
            return
        from aebench.bench.worker.stepping import Script, Stepper

        batch_size, per_call = command.batch_size, self._steps_per_call
        samples = repeated(samples, batch_size, command.epoch_steps + 2 * per_call, per_call)
        stepper = Stepper(self._keras_model, self._backend, workload, samples, batch_size)
        called = time.perf_counter()
        channel = self._channel

        def script() -> Script:
            began = stepper.epoch_began_seconds
            channel.send(encode(Entered(began[0] - called if began else None)))
            yield
            while isinstance(wanted := receive_command(channel, RunRound, Leave), RunRound):
                yield from stepper.round(
                    wanted.steps,
                    wanted.discarded_steps,
                    lambda times: channel.send(encode(times)),
                )

        stepper.run(script())
        stepper.let_go()

    def _calls(self, workload: Workload, samples: Samples, batch_size: int) -> Calls:
        return Calls(self._keras_model, self._backend, workload, samples, batch_size)

    def _whole_calls(self, workload: Workload, samples: Samples, batch_size: int) -> WholeCalls:
        return WholeCalls(self._keras_model, self._backend, workload, samples, batch_size)

    def epoch_boundaries(self, command: RunShortEpochs, samples: Samples) -> list[EpochBoundary]:
        """Time the boundaries of short epochs of ``fit``; see :func:`epoch_boundaries`."""
        from aebench.bench.worker.stepping import epoch_boundaries

        batch_size, steps = command.batch_size, command.steps
        epoch = repeated(samples, batch_size, steps).first(steps * batch_size)
        return epoch_boundaries(self._keras_model, self._backend, epoch, batch_size, command.epochs)
