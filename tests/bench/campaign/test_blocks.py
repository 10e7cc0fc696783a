"""Test blocks with workers that measure nothing, and only note when they are asked to run."""

import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from types import SimpleNamespace

import msgspec
import psutil
import pytest

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.rounds import LaunchCell, Length, Session
from aebench.bench.errors import MeasurementError
from aebench.bench.plan.order import block_orders
from aebench.bench.protocol.messages.speed import RoundTimes, RunRound
from aebench.bench.system.machine_controls import MachineControls
from aebench.bench.system.processor import spent
from aebench.bench.workloads.train import WORKLOAD as TRAIN
from aebench.reports.journal import Journal, load
from aebench.reports.record import Block, Cell, ContenderInfo, ControlSizes, Failure, Round
from helpers import sample

CELL = LaunchCell(Cell("ae400", "train", 32), TRAIN, launch=3)
LENGTH = Length.of_round(20)
SIZES = ControlSizes(compute_passes=200, streamed_bytes=6 * 2**20, array_bytes=2**22, threads=2)


class Noting:
    """Answer as a worker, at once, and use ``burns`` processor seconds while another one works."""

    def __init__(
        self, burns: float = 0.0, fails_at: int | None = None, sleeps: float = 0.0
    ) -> None:
        self.asked: list[RunRound] = []
        self._burns = burns
        self._fails_at = fails_at
        self._sleeps = sleeps
        self._looks = 0

    def ask(self, command, kind):
        assert kind is RoundTimes
        self.asked.append(command)
        if len(self.asked) == self._fails_at:
            raise MeasurementError("had enough")
        time.sleep(self._sleeps)
        return RoundTimes(0.1, 0.2, 0.02)

    def cpu_seconds(self):
        self._looks += 1
        return self._looks * self._burns


@pytest.fixture
def run(tmp_path):
    """Run blocks, and return the recorded events."""
    journal = Journal.begin(tmp_path / "record.jsonl", sample.make().header)

    controls = MachineControls(SIZES)

    def running(workers, planned, **infos):
        found = journal.record.header.plan
        sizes = [msgspec.structs.replace(found.sizes[0], blocks=planned)]
        info = msgspec.structs.replace(found, sizes=sizes)
        silent = SimpleNamespace(**dict.fromkeys(("doing", "figure", "problem"), lambda text: None))
        fleet = SimpleNamespace(stop=lambda worker: None)
        plan = SimpleNamespace(info=info)
        context = Context(plan, {}, tmp_path, fleet, journal, silent)
        sessions = [
            Session(ContenderInfo(name, "jax", "1", **infos.get(name, {})), worker)
            for name, worker in workers.items()
        ]
        for session in sessions:
            session.length = LENGTH
        orders = block_orders(len(sessions), planned, info.order_seed, CELL.launch)
        rounds = blocks.one_of_each(context, sessions, CELL)
        done = blocks.run(context, rounds, CELL, orders, controls)
        assert done == len(journal.record.of(Block))
        return journal.record

    running.path = journal.path
    with controls:
        yield running
    journal.close()


def turns(record):
    """List the contenders' names by block, in the order in which they ran."""
    found: dict[int, list[str]] = {}
    for row in record.of(Round):
        assert row.position == len(found.setdefault(row.block, []))
        found[row.block].append(row.contender)
    return list(found.values())


@pytest.mark.parametrize("names", ["ab", "abc", "abcd"])
def test_every_contender_takes_each_position_and_follows_each_other_equally_often(
    run, names, monkeypatch
):
    monkeypatch.setattr(blocks, "is_disturbed", lambda background, steal: False)
    done = turns(run({name: Noting() for name in names}, 12))
    assert len(done) == 12 and all(sorted(each) == list(names) for each in done)
    assert done == [[names[i] for i in order] for order in block_orders(len(names), 12, 1, 3)]
    places = Counter((place, who) for each in done for place, who in enumerate(each))
    follows = Counter(pair for each in done for pair in pairwise(each))
    assert set(places.values()) == {12 // len(names)}
    assert len(set(follows.values())) == 1 and len(follows) == len(names) * (len(names) - 1)


def test_disturbed_blocks_are_repeated_whole_at_most_half_as_many_again(run, monkeypatch):
    dirty = iter([True, True, *[False] * 3, *[True] * 99])
    monkeypatch.setattr(blocks, "is_disturbed", lambda background, steal: next(dirty))
    record = run({"a": Noting(), "b": Noting()}, 8)
    done = turns(record)
    seen = record.of(Block)
    assert len(done) == len(seen) == 12
    assert [each.repeated for each in seen[:5]] == [True, True, False, False, False]
    assert sum(each.repeated for each in seen) == 4
    # At the limit of repetitions a disturbed block counts, and the record marks it as disturbed.
    assert [each.disturbed for each in seen[-3:]] == [True] * 3
    assert not any(each.repeated for each in seen[-3:])
    # A repeated block keeps its order: the blocks that count are still the balanced design.
    counted = [turn for turn, each in zip(done, seen, strict=True) if not each.repeated]
    assert counted == [["ab"[i] for i in order] for order in block_orders(2, 8, 1, 3)]


@pytest.mark.parametrize(
    ("background", "steal", "disturbed"),
    [(0.1, 0.02, False), (0.11, 0.0, True), (0.0, 0.021, True), (None, None, False)],
)
def test_the_limits(background, steal, disturbed):
    assert blocks.is_disturbed(background, steal) is disturbed


def test_work_of_others_is_background_load(run):
    """Measure the background load that a real process puts on real cores."""
    # The test's own process is the parent, and it sleeps: any busy core is background load.
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            record = run({"a": Noting(sleeps=0.3), "b": Noting(sleeps=0.3)}, 2)
        finally:
            busy.kill()
    seen = record.of(Block)
    assert all(each.background_share > 0.7 / psutil.cpu_count() for each in seen)
    assert seen[0].disturbed is (seen[0].background_share > 0.1)


def test_blocks_that_were_measured_can_be_read_again(run):
    record = run({"a": Noting(), "b": Noting()}, 2)
    path, at = run.path, time.time()
    found = load(path)
    assert not found.damage
    assert found.of(Block) == record.of(Block)
    assert all(at - 100 < each.began_at <= at for each in found.of(Block))


def test_a_block_records_both_machine_controls_and_their_work_is_no_background_load(run):
    record = run({"a": Noting(), "b": Noting()}, 2)
    for each in record.of(Block):
        assert each.fixed_work_seconds is None
        controls = each.compute_seconds, each.streaming_seconds
        assert min(controls) > 1e-4 and sum(controls) + 3 * blocks.PAUSE_SECONDS < each.seconds


def test_work_of_waiting_workers_is_background_load(run):
    burning = {"a": Noting(burns=0.2, sleeps=0.1), "b": Noting(sleeps=0.1)}
    record = run(burning, 2)
    waited = {row.contender: row.waiting_cpu_seconds for row in record.of(Round)}
    assert waited == {"a": 0.0, "b": pytest.approx(0.2)}
    assert all(each.background_share > 0 for each in record.of(Block))


def test_a_known_effect_control_does_more_than_it_reports(run):
    workers = {"a": Noting(), "b": Noting()}
    record = run(workers, 2, b={"control_of": "a", "known_effect": 0.05})
    assert {each.steps for each in workers["a"].asked} == {20}
    assert {each.steps for each in workers["b"].asked} == {21}
    assert {row.steps for row in record.of(Round)} == {20}


def test_who_fails_is_out_and_the_others_go_on(run, monkeypatch):
    monkeypatch.setattr(blocks, "is_disturbed", lambda background, steal: False)
    record = run({"a": Noting(), "b": Noting(fails_at=3)}, 6)
    assert [row.reason for row in record.of(Failure)] == ["had enough"]
    assert Counter(row.contender for row in record.of(Round)) == {"a": 6, "b": 2}
    assert len(record.of(Block)) == 6


def test_a_guest_is_not_counted_twice_and_a_system_that_counts_nothing_tells_nothing():
    before = {"user": 1.0, "guest": 0.5, "system": 0.0, "idle": 1.0, "iowait": 0.0, "steal": 0.0}
    after = {"user": 3.0, "guest": 1.5, "system": 1.0, "idle": 2.0, "iowait": 0.5, "steal": 0.25}
    seen = spent(before, after)
    assert seen is not None
    # The second of the hosted virtual machine is in user time; psutil's sum counts it twice.
    assert seen.steal == 0.25
    assert (seen.total, seen.busy) == (pytest.approx(4.75), pytest.approx(3.0))
    assert spent({}, {}) is None
    assert spent({"user": 1.0}, {"user": 1.0}) is None
