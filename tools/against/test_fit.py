"""Time the work of :mod:`work` with pytest-benchmark, as a user of pytest-benchmark would."""

import work


def test_fit(benchmark):
    benchmark(work.ready())
