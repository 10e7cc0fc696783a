"""Test what the stepper does besides steps, which test_backends tests."""

import threading
from types import SimpleNamespace

import numpy as np

from aebench.bench.protocol.samples import Samples
from aebench.bench.worker import stepping
from aebench.bench.worker.stepping import Stepper
from aebench.bench.workloads.train import WORKLOAD as TRAIN


class Slow:
    """Stand for an input pipeline that isn't released before it is allowed to."""

    def __init__(self) -> None:
        self.may_go, self.gone = threading.Event(), threading.Event()

    def __del__(self) -> None:
        self.may_go.wait()
        self.gone.set()


def test_an_input_path_that_is_slow_to_go_is_left_to_a_thread(monkeypatch):
    monkeypatch.setattr(stepping, "_LETTING_GO_SECONDS", 0.05)
    samples = Samples(np.zeros(64), np.zeros(64))
    stepper = Stepper(SimpleNamespace(steps_per_execution=1), None, TRAIN, samples, 32)
    slow = Slow()
    may_go, gone = slow.may_go, slow.gone
    # Keras's epoch iterator is in a reference cycle too.
    slow.itself = slow
    stepper._last_arguments = (slow,)
    del slow
    stepper.let_go()
    assert not gone.is_set()
    may_go.set()
    assert gone.wait(10)
