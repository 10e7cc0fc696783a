"""Run rounds of calls of a workload, each timed on its own: single calls of a batch."""

import time
from abc import abstractmethod
from dataclasses import replace

from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.protocol.messages.speed import Calibrated, Entered, Leave, RoundTimes, RunRound
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.cell_runner import CellRunner
from aebench.bench.worker.round_timing import time_round


class TimedCalls(CellRunner):
    """Serves rounds of calls, and times each call. The constructor is that of its base."""

    def serve(self, channel: Channel) -> None:
        """Run a round for each command :class:`RunRound`, until the command :class:`Leave`."""
        channel.send(encode(Entered(None)))
        while isinstance(wanted := receive_command(channel, RunRound, Leave), RunRound):
            channel.send(encode(self.round(wanted.steps, wanted.discarded_steps)))

    def round(self, amount: int, discarded: int) -> RoundTimes:
        """Time one round. A call ends when its result is computed.

        Parameters
        ----------
        amount : int
            How much is timed, in what the workload's rounds count: calls, or steps of whole calls.
        discarded : int
            How much precedes it untimed, since the first calls after a pause are slow.

        Returns
        -------
        RoundTimes
            Times of the round, with the seconds of each timed call.
        """
        times, call_seconds = time_round(self.run, amount, discarded)
        return replace(times, call_seconds=call_seconds)

    @abstractmethod
    def run(self, amount: int) -> list[float]:
        """Run calls; return the seconds of each."""

    def _call(self, samples: Samples) -> float:
        """Call the workload; return its seconds."""
        began = time.perf_counter()
        self._backend.wait(self._workload.run(self._model, samples, self._batch_size, ()))
        return time.perf_counter() - began


class Calls(TimedCalls):
    """Times single calls of a workload. A call takes one batch; the first follows the last again.

    Rounds are counted in calls.
    """

    _calls_made = 0

    def calibrate(self, calls: int) -> Calibrated:
        """Compile, and measure roughly how many seconds a call takes."""
        self.run(-(-calls // 3))
        return Calibrated(sum(self.run(calls)) / calls)

    def run(self, amount: int) -> list[float]:
        """Run calls; return the seconds of each."""
        return [self._call(self._next_batch()) for _ in range(amount)]

    def _next_batch(self) -> Samples:
        first = self._calls_made % self._batches * self._batch_size
        self._calls_made += 1
        return self._samples.changed(lambda array: array[first : first + self._batch_size])
