"""Time a step's matrix products in a contender's own library, in the contender's own worker."""

from aebench.backends.products.trials import own_step_seconds
from aebench.bench.protocol.messages.speed import OwnProducts, SpeedJob, TimeProducts
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.workloads import Workload


def timed(command: TimeProducts, job: SpeedJob, workload: Workload) -> OwnProducts:
    """Return the seconds of a step; the job's model is a chain of dense layers."""
    shapes = [(inputs, units) for inputs, units in job.dense_shapes]
    kind = "train" if workload.trains else "predict"
    compiled = bool(ContenderSettings.from_dict(job.settings).jit)
    return OwnProducts(own_step_seconds(job.backend, compiled, shapes, command.batch_size, kind))
