"""The work, as a user of pytest-benchmark would time it."""

import work


def test_fit(benchmark):
    benchmark(work.ready())
