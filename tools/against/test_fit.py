"""Time the work of :mod:`work` the way a user of pytest-benchmark would."""

import work


def test_fit(benchmark):
    benchmark(work.ready())
