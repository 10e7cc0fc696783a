"""Run rounds of calls of a workload, and time each call on its own."""

import gc
import time
from typing import Any

from aebench.backends import Backend
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages import (
    Calibrated,
    Entered,
    Leave,
    RoundTimes,
    RunRound,
    encode,
    receive_command,
)
from aebench.bench.protocol.samples import Samples
from aebench.bench.workloads import Workload


class Calls:
    """Times single calls of a workload. A call takes one batch; the first follows the last again.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    backend : Backend
        The backend, which knows how to wait for a result.
    workload : Workload
        A workload whose rounds are counted in calls.
    samples : Samples
        The samples, at least as many as one batch has.
    batch_size : int
        Number of samples per call.
    """

    def __init__(
        self, model: Any, backend: Backend, workload: Workload, samples: Samples, batch_size: int
    ) -> None:
        self._model = model
        self._backend = backend
        self._workload = workload
        self._samples = samples
        self._batch_size = batch_size
        self._batches = samples.total // batch_size
        self._calls_made = 0

    def calibrate(self, calls: int) -> Calibrated:
        """Compile, and measure roughly how many seconds a call takes."""
        self._times(-(-calls // 3))
        return Calibrated(sum(self._times(calls)) / calls)

    def serve(self, channel: Channel) -> None:
        """Run a round for each command :class:`RunRound`, until the command :class:`Leave`."""
        channel.send(encode(Entered(None)))
        while isinstance(wanted := receive_command(channel, RunRound, Leave), RunRound):
            channel.send(encode(self.round(wanted.steps, wanted.discarded_steps)))

    def round(self, calls: int, discarded_calls: int) -> RoundTimes:
        """Time one round without garbage collection. A call ends when its result is computed.

        Parameters
        ----------
        calls : int
            Number of timed calls.
        discarded_calls : int
            Number of untimed calls before them: the first calls after a pause are slow.

        Returns
        -------
        RoundTimes
            Times of the round, with the seconds of each timed call.
        """
        gc.collect()
        gc.disable()
        try:
            called = time.perf_counter()
            self._times(discarded_calls)
            began = time.perf_counter()
            cpu_began = time.process_time()
            call_seconds = self._times(calls)
            seconds = time.perf_counter() - began
            cpu_seconds = time.process_time() - cpu_began
        finally:
            gc.enable()
        return RoundTimes(seconds, cpu_seconds, began - called, call_seconds)

    def _times(self, calls: int) -> list[float]:
        """Return the seconds that each of ``calls`` calls takes."""
        seconds = []
        for _ in range(calls):
            batch = self._next_batch()
            began = time.perf_counter()
            self._backend.wait(self._workload.run(self._model, batch, self._batch_size, ()))
            seconds.append(time.perf_counter() - began)
        return seconds

    def _next_batch(self) -> Samples:
        first = self._calls_made % self._batches * self._batch_size
        self._calls_made += 1
        return self._samples.changed(lambda array: array[first : first + self._batch_size])
