"""Test the machine controls: how much they do, of what, and how they find the cache's size."""

import psutil
import pytest

from aebench.bench.system import machine_controls
from aebench.bench.system.caches import last_level_bytes
from aebench.bench.system.machine import usable_cores
from aebench.bench.system.machine_controls import MachineControls, array_bytes
from aebench.reports.record import ControlSizes

MIB = 2**20


@pytest.fixture
def caches(tmp_path):
    """Return a function that writes the caches of a core, and returns the root folder."""

    def write(core, *found):
        for index, (level, kind, size, shared_by) in enumerate(found):
            folder = tmp_path / f"sys/devices/system/cpu/cpu{core}/cache/index{index}"
            folder.mkdir(parents=True)
            values = {"level": level, "type": kind, "size": size, "shared_cpu_list": shared_by}
            for name, value in values.items():
                (folder / name).write_text(f"{value}\n")
        return tmp_path

    return write


def test_a_cache_that_cores_share_counts_once_and_caches_of_other_cores_count_too(caches):
    for core, shared_by in ((0, "0-1"), (1, "0-1"), (2, "2")):
        own = (1, "Instruction", "64M", core), (1, "Data", "32K", core), (2, "Unified", "1M", core)
        root = caches(core, *own, (3, "Unified", "16384K", shared_by))
    assert last_level_bytes([0, 1], root) == 16 * MIB
    assert last_level_bytes([0, 1, 2], root) == 32 * MIB


def test_caches_that_the_system_does_not_show_are_unknown(caches):
    assert last_level_bytes([0], caches(0, (3, "Unified", "?", "0"))) is None
    assert last_level_bytes([7], caches(1, (3, "Unified", "1M", "1"))) is None


@pytest.mark.parametrize(
    ("cache_mib", "memory_mib", "arrays_mib"),
    [
        (32, 64_000, 64),  # both arrays together: four times the cache
        (1, 64_000, 32),
        (None, 64_000, 128),
        (1000, 64_000, 256),
        (32, 1024, 32),  # a sixteenth of the memory
        (None, 4, 1),
    ],
)
def test_the_arrays_are_larger_than_the_cache_within_bounds(cache_mib, memory_mib, arrays_mib):
    cache = cache_mib and cache_mib * MIB
    assert array_bytes(cache, memory_mib * MIB) == arrays_mib * MIB


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_streaming_updates_every_weight_in_turn(threads):
    # 700 KiB of weights each time, of 1 MiB: the arrays' end is passed in the second turn.
    sizes = ControlSizes(1, 3 * 700 * 2**10, MIB, threads)
    with MachineControls(sizes) as controls:
        controls._gradients[:] = 1.0
        for turn in range(1, 6):
            assert controls.streaming_seconds() > 0
            updates = controls._weights - 1
            assert updates.sum() == pytest.approx(turn * 700 * 2**10 / 4, abs=turn)
            assert updates.max() - updates.min() <= 1


def test_streamed_arrays_are_in_memory_of_their_own():
    # Pages of zeros that nobody wrote are one page, which stays in the cache.
    before = psutil.Process().memory_info().rss
    with MachineControls(ControlSizes(1, 3, 64 * MIB, 1)):
        added = psutil.Process().memory_info().rss - before
    assert added > 120 * MIB


def test_computing_changes_no_value_so_that_its_speed_does_not_change():
    with MachineControls(ControlSizes(1000, 3, MIB, 1)) as controls:
        assert controls.compute_seconds() > 0
        assert set(controls._values.tolist()) == {0.5}


def test_calibrated_controls_take_some_milliseconds_and_know_what_they_do():
    with machine_controls.calibrated() as controls:
        # The shortest of many: other processes may take the cores of a test.
        compute = min(controls.compute_seconds() for _ in range(20))
        streaming = min(controls.streaming_seconds() for _ in range(20))
        sizes = controls.sizes
    assert 0.0001 < compute < 0.02 and 0.0005 < streaming < 0.05
    assert sizes.compute_passes > 10 and sizes.streamed_bytes > MIB
    assert sizes.threads == usable_cores() or sizes.threads == 32
    assert 2 * sizes.array_bytes <= 2**29


def test_calibrated_for_fewer_cores_uses_fewer_threads():
    with machine_controls.calibrated(1) as controls:
        assert controls.sizes.threads == 1
