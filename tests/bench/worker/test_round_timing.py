"""Test that a round is timed without its discarded steps and without garbage collection."""

import gc
import time

import pytest

from aebench.bench.worker.round_timing import no_garbage_collection, time_round


def test_the_discarded_steps_are_timed_apart_and_nothing_is_collected_meanwhile():
    seen = []

    def run(steps):
        seen.append((steps, gc.isenabled()))
        time.sleep(0.01 * steps)
        return steps * ["computed"]

    times, result = time_round(run, 3, 1)
    assert seen == [(1, False), (3, False)]
    assert result == 3 * ["computed"]
    assert times.discarded_seconds >= 0.01 and times.seconds >= 0.03
    assert times.call_seconds is None
    assert gc.isenabled()


def test_garbage_is_collected_again_after_a_round_that_fails():
    with pytest.raises(ZeroDivisionError), no_garbage_collection():
        assert not gc.isenabled()
        1 / 0  # noqa: B018
    assert gc.isenabled()
