"""Run rounds of whole calls of a workload: calls with all samples, each timed on its own."""

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


class WholeCalls(CellRunner):
    """Times calls of a workload with all samples, as whole batches.

    The constructor is that of :class:`CellRunner`. Rounds are counted in steps, so that baselines,
    which have no calls, do the same work: a call has as many steps as the samples have batches.
    """

    def calibrate(self) -> Calibrated:
        """Compile, and measure the seconds of a step in a call."""
        self._run(self._batches)
        (seconds,) = self._run(self._batches)
        return Calibrated(seconds / self._batches)

    def serve(self, channel: Channel) -> None:
        """Run a round for each command :class:`RunRound`, until the command :class:`Leave`."""
        channel.send(encode(Entered(None)))
        while isinstance(wanted := receive_command(channel, RunRound, Leave), RunRound):
            channel.send(encode(self.round(wanted.steps, wanted.discarded_steps)))

    def round(self, steps: int, discarded_steps: int) -> RoundTimes:
        """Time one round.

        Parameters
        ----------
        steps : int
            Number of timed steps, a multiple of the steps of a call.
        discarded_steps : int
            Number of untimed steps before them, in calls with fewer samples where they are fewer.

        Returns
        -------
        RoundTimes
            Times of the round, with the seconds of each timed call.
        """
        times, call_seconds = time_round(self._run, steps, discarded_steps)
        return replace(times, call_seconds=call_seconds)

    def _run(self, steps: int) -> list[float]:
        """Run steps in calls of all samples; return the seconds of each call.

        The last call has fewer samples where the steps don't fill it.
        """
        seconds = []
        for first in range(0, steps, self._batches):
            samples = self._part(min(self._batches, steps - first))
            began = time.perf_counter()
            self._backend.wait(self._workload.run(self._model, samples, self._batch_size, ()))
            seconds.append(time.perf_counter() - began)
        return seconds

    def _part(self, batches: int) -> Samples:
        return self._samples.first(batches * self._batch_size)
