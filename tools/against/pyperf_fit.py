"""The work, as a user of pyperf would time it."""

import pyperf
import work

runner = pyperf.Runner()
# Only the processes that measure need the model.
runner.bench_func("fit", work.ready() if runner.parse_args().worker else print)
