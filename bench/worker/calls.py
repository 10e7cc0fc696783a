"""Run rounds of calls of a workload, and time each call on its own."""

import time
from dataclasses import replace

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
from aebench.bench.worker.cell_runner import CellRunner
from aebench.bench.worker.round_timing import time_round


class Calls(CellRunner):
    """Times single calls of a workload. A call takes one batch; the first follows the last again.

    The constructor is that of :class:`CellRunner`, for a workload whose rounds are counted in
    calls.
    """

    _calls_made = 0

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
        """Time one round. A call ends when its result is computed.

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
        times, call_seconds = time_round(self._times, calls, discarded_calls)
        return replace(times, call_seconds=call_seconds)

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
