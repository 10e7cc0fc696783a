"""Time the work of :mod:`work` with pyperf, as a user of pyperf would."""

import pyperf
import work

runner = pyperf.Runner()
# pyperf's main process measures nothing: only its worker processes need the model.
runner.bench_func("fit", work.ready() if runner.parse_args().worker else print)
