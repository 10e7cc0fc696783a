"""Test that a loop which grows ends before it takes the memory that others need."""

import pytest

from aebench import backends
from aebench.bench.system import proc_memory
from aebench.bench.worker.passes import memory_loop

pytestmark = pytest.mark.skipif(not proc_memory.exact_peaks(), reason="no /proc here")


def test_a_loop_ends_before_memory_does():
    assert proc_memory.available_bytes() > 2**20
    held, backend = proc_memory.anonymous_bytes(), backends.load("numpy")
    assert memory_loop._bounded(backend, 2 * held).anonymous_bytes > 0
    with pytest.raises(MemoryError, match="half of the memory that was free"):
        memory_loop._bounded(backend, held // 2)
