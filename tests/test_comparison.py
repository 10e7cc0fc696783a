"""The analysis against runs of which the truth is known: drift, bursts, per-process luck."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.comparison import compare, drift, verdict
from reports.statistics import Estimate

RUNS = 2000
BLOCK_SD, LAUNCH_SD = 0.12, 0.015
SIZES = {"quick": (1, 16), "standard": (5, 24), "publish": (8, 64)}


def ratios(seed: int, size: str, truth: float = 1.0, bursts: float = 0.05) -> np.ndarray:
    """Make runs × launches × blocks of a contender's seconds over the reference's.

    What drifts is the machine, which both in a block feel; a burst hits some slices; each launch
    has its luck.
    """
    random = np.random.default_rng(seed)
    launches, blocks = SIZES[size]
    shape = (RUNS, launches, blocks)
    machine = np.linspace(0, 0.3, blocks) + random.normal(0, 0.2, (RUNS, launches, 1))
    luck = random.normal(0, LAUNCH_SD, (RUNS, launches, 1))
    mine, other = (machine + random.normal(0, BLOCK_SD / np.sqrt(2), shape) for _ in range(2))
    for each in (mine, other):
        each += random.exponential(0.3, shape) * (random.random(shape) < bursts)
    return truth * np.exp(luck + mine - other)


@pytest.mark.parametrize("size", SIZES)
def test_without_a_difference_hardly_any_is_called(size):
    called = 0
    for run in ratios(1, size):
        # Three comparisons are a family: any false verdict in it would count.
        found = verdict(compare(list(run), comparisons=3).adjusted)
        called += found in ("faster", "slower")
    assert called / RUNS <= 0.05


@pytest.mark.parametrize("size", ["standard", "publish"])
@pytest.mark.parametrize("truth", [1.0, 1.07])
def test_intervals_cover_the_truth_as_often_as_they_say(size, truth):
    covered = 0
    for run in ratios(2, size, truth):
        interval = compare(list(run)).ratio
        covered += interval.low <= truth <= interval.high
    assert covered / RUNS >= 0.94


@pytest.mark.parametrize(("truth", "share"), [(1.05, 0.90), (1.10, 0.99), (1 / 1.10, 0.99)])
def test_at_publish_size_a_real_difference_is_called(truth, share):
    right = "slower" if truth > 1 else "faster"
    runs = ratios(3, "publish", truth, bursts=0)
    called = sum(verdict(compare(list(run), comparisons=3).adjusted) == right for run in runs)
    assert called / RUNS >= share


def test_luck_of_processes_widens_the_interval_where_blocks_agree():
    launches = [np.full(24, 1 + shift) for shift in (-0.03, 0.0, 0.03)]
    by_launches = compare(launches).ratio
    # Blocks alone would say ± 0.6 %; t(0.975, 2) = 4.303 times 0.03 / sqrt(3) says ± 7.5 %.
    assert np.log(by_launches.high / by_launches.value) == pytest.approx(0.0745, rel=0.02)
    assert compare([np.concatenate(launches)]).ratio.high < 1.01


def test_what_can_be_seen_shrinks_with_the_number_of_launches():
    seen = [
        np.mean([compare(list(run), 3).detectable for run in ratios(4, size)[:200]])
        for size in SIZES
    ]
    assert seen[0] > seen[1] > seen[2] > 0


def test_one_block_gives_no_interval():
    alone = compare([[1.2]])
    assert (alone.ratio.value, alone.ratio.low, alone.adjusted.high) == (
        pytest.approx(1.2),
        None,
        None,
    )
    assert alone.detectable == float("inf")
    assert verdict(alone.adjusted) == "inconclusive"
    with pytest.raises(ValueError, match="at least one block"):
        compare([[]])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.011, 1.2, "slower"),
        (1.009, 1.2, "inconclusive"),
        (0.8, 0.989, "faster"),
        (0.8, 0.995, "inconclusive"),
        (0.98, 1.02, "same"),
        (0.98, 1.04, "inconclusive"),
        (1.012, 1.02, "slower"),
    ],
)
def test_verdicts_at_their_margins(low, high, said):
    assert verdict(Estimate((low + high) / 2, low, high)) == said


@given(st.lists(st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6), min_size=1, max_size=4))
def test_turning_a_comparison_round_turns_its_interval_round(launches):
    one = compare(launches)
    other = compare([[1 / each for each in launch] for launch in launches])
    assert other.ratio.value == pytest.approx(1 / one.ratio.value)
    assert other.ratio.low == pytest.approx(1 / one.ratio.high)
    assert one.adjusted.low <= one.ratio.value * (1 + 1e-9)
    mirrored = {"faster": "slower", "slower": "faster"}
    said = verdict(one.adjusted)
    assert verdict(other.adjusted) in (mirrored.get(said, said), "inconclusive")


def test_a_drift_is_told_and_noise_is_not():
    random = np.random.default_rng(5)
    steady = [np.exp(random.normal(0, 0.05, 24)) for _ in range(5)]
    assert drift(steady) is None
    rising = [each * np.linspace(1, 1.2, 24) for each in steady]
    assert drift(rising) == pytest.approx(0.13, abs=0.05)
    assert drift([[1.0, 1.0]]) is None
