import json
import subprocess
import sys

import pytest
from conftest import ROOT

from bench import memory

PROBE = """
import json, sys
from bench import memory
size = int(sys.argv[1]) * 2**20
assert memory.exact_peaks()
before = memory.resident_bytes()
block = bytearray(size)
block[::4096] = b"x" * len(block[::4096])
del block
peak = memory.peak_bytes()
memory.reset_peak()
print(json.dumps([peak - before, memory.peak_bytes() - before]))
"""

pytestmark = pytest.mark.skipif(not memory.exact_peaks(), reason="no exact peaks here")


@pytest.mark.parametrize("mebibytes", [64, 256, 512])
def test_a_brief_peak_is_exact_and_can_be_reset(mebibytes):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(mebibytes)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    peak, after = json.loads(done.stdout)
    assert peak == pytest.approx(mebibytes * 2**20, rel=0.01)
    assert after < 0.05 * peak
