"""The tests that ``pytest bench/ --benchmark-only`` collects."""

from typing import Any

import pytest

from aebench.bench.plan.plan import ContenderCell
from aebench.bench.pytest_plugin.session import PytestSession, WorkerClock

CLOCK = WorkerClock()


@pytest.mark.benchmark(timer=CLOCK)
def test_speed(
    benchmark: Any,
    campaign: PytestSession,
    workload: str,
    model: str,
    batch_size: int,
    backend: str,
) -> None:
    """Replay the rounds that a contender's worker measured. A round has many steps."""
    replay = campaign.replay(ContenderCell(backend, model, workload, batch_size))
    if replay.failure:
        pytest.fail(replay.failure, pytrace=False)
    seconds = iter(replay.seconds)
    benchmark.group = f"{workload} {model}, batch {batch_size}"
    benchmark.extra_info.update(replay.extra_info)
    benchmark.pedantic(lambda: CLOCK.advance(next(seconds)), rounds=len(replay.seconds))
    if replay.undecided:
        pytest.skip(replay.undecided)
