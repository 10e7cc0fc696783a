"""Run rounds of whole calls of a workload: calls with all samples, each timed on its own."""

from aebench.bench.protocol.messages.speed import Calibrated
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker import input_paths
from aebench.bench.worker.calls import TimedCalls


class WholeCalls(TimedCalls):
    """Times calls of a workload with all samples, as whole batches.

    Rounds are counted in steps, so that baselines, which have no calls, do the same work: a call
    has as many steps as the samples have batches.
    """

    def calibrate(self, steps: int) -> Calibrated:
        """Compile, and measure the seconds of a step in a short call: what a call costs is in it.

        A call has at least one step, and at most all that the samples suffice for.
        """
        steps = min(steps, self._batches)
        self.run(steps)
        return Calibrated(sum(self.run(steps)) / steps)

    def run(self, amount: int) -> list[float]:
        """Run steps in calls of all samples; return the seconds of each call.

        The last call has fewer samples where the steps don't fill it.
        """
        sizes = [min(self._batches, amount - first) for first in range(0, amount, self._batches)]
        calls = [self._samples.first(size * self._batch_size) for size in sizes]
        for samples in calls:
            input_paths.prepare(self._model, Samples(samples.x, None), self._batch_size)
        return [self._call(samples) for samples in calls]
