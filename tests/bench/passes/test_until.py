"""Test runs that go on until it is known, with workers whose steps take times that are made up."""

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from aebench.bench.campaign.campaign import missing_tasks
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.speed import SpeedPass
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan.plan import Plan
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Calibrated,
    CompiledCell,
    Enter,
    Entered,
    EpochBoundaries,
    EpochBoundary,
    Leave,
    Left,
    OwnProducts,
    RoundTimes,
    RunRound,
    RunShortEpochs,
    TimeProducts,
)
from aebench.bench.system import machine_controls
from aebench.bench.system.machine_controls import MachineControls
from aebench.reports.journal import Journal, Record
from aebench.reports.record import (
    DECIDED,
    WIDTH,
    ContenderInfo,
    ControlSizes,
    Look,
    Resume,
    Round,
    ShortEpoch,
    StoppingRule,
    Task,
    WorkloadSizes,
)
from aebench.reports.stopping import spent_share
from aebench.reports.summary import summarise
from aebench.reports.summary.missing import missing
from aebench.reports.tables.speed import speed
from helpers import sample
from helpers.images import OF_ANY_MODEL

MODELS = ("ae200", "ae400")
CLEAR, CLOSE = 32, 64  # the batch sizes of cells that are clear at once, and that take long
MOST, ENOUGH = 4, 2
RULE = StoppingRule(DECIDED, 2, MOST)
# What a launch multiplies torch's time by where it is close to jax's.
LUCK = (1.0, 1.06, 0.95, 1.03)


class Worker:
    """Take 0.02 s a step on jax, three times that on torch, and nearly the same if it is close."""

    pid = 0

    def __init__(self, backend: str, launch: int, close: bool) -> None:
        self._close = close
        self._torch = backend == "torch"
        self._luck = LUCK[launch]
        self._batch_size = CLEAR

    def tell(self, command):
        pass

    def answer(self, kind):
        if kind is CompiledCell:
            return kind()
        return RuntimeInfo({}, {}, [], cores=2, epoch_end_polls_seconds=[])

    def ask(self, command, kind):
        self._batch_size = getattr(command, "batch_size", self._batch_size)
        close = self._close and self._batch_size == CLOSE
        slower = self._luck if close else 3.0 * self._luck
        step = 0.02 * (slower if self._torch else 1.0)
        return {
            Calibrate: lambda: Calibrated(step),
            Enter: lambda: Entered(0.1),
            RunRound: lambda: RoundTimes(command.steps * step, 0.1, 0.01),
            Leave: Left,
            TimeProducts: lambda: OwnProducts({"own": 1.0}),
            RunShortEpochs: lambda: EpochBoundaries([EpochBoundary(0.2, 0.01, 0.0, 0.0)]),
        }[type(command)]()

    def cpu_seconds(self):
        return 0.0


class Running:
    """The speed pass of a plan with a rule, which may be cut and carried on."""

    def __init__(self, folder, rule, batch_sizes=(CLEAR, CLOSE), close=MODELS):
        self._close = close
        header = sample.make().header
        sizes = [WorkloadSizes("train", list(batch_sizes), rule.most_launches, blocks=2)]
        info = msgspec.structs.replace(header.plan, passes=["speed"], sizes=sizes, until=rule)
        contenders = [
            ContenderInfo("jax", "jax", "1"),
            ContenderInfo("torch", "torch", "1"),
            ContenderInfo("jax A/A", "jax", "1", control_of="jax"),
        ]
        self.plan = Plan(info, [parse(name) for name in MODELS], contenders)
        header = msgspec.structs.replace(
            header,
            plan=info,
            models=self.plan.describe_models(),
            contenders=contenders,
            cells=self.plan.cells(),
            tasks=self.plan.describe_tasks(),
        )
        self.path = folder / "record.jsonl"
        Journal.begin(self.path, header).close()
        self.ended, self.started, self.launch = 0, 0, 0

    def go(self):
        """Measure what is missing; return the record."""
        journal = Journal.resume(self.path)
        tasks = missing_tasks(self.plan, journal.record)
        journal.append(Resume("", [], tasks))
        silent = dict.fromkeys(("doing", "figure", "problem", "measured"), lambda *_: None)
        display = SimpleNamespace(**silent, stage_done=self._note_end)
        display.doing = self._note_launch

        def start(backend, job, python, on_processor, cache):
            self.started += 1
            return Worker(backend, self.launch, job.model.name in self._close)

        fleet = SimpleNamespace(start=start, stop=lambda worker: None)
        context = Context(self.plan, OF_ANY_MODEL, Path(), fleet, journal, display)
        SpeedPass(context).run(tasks)
        journal.close()
        return journal.record

    def _note_end(self):
        self.ended += 1

    def _note_launch(self, text):
        if found := re.search(r"\(launch (\d+)\)", text):
            self.launch = int(found[1]) - 1


@pytest.fixture
def running(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "is_disturbed", lambda background, steal: False)
    monkeypatch.setattr(blocks, "PAUSE_SECONDS", 0)
    sizes = ControlSizes(1, 3, 2**20, 1)
    monkeypatch.setattr(machine_controls, "calibrated", lambda threads: MachineControls(sizes))
    return lambda rule, *how: Running(tmp_path, rule, *how)


def launches(record):
    """Return the number of launches of each cell: by model and batch size."""
    found = {(row.model, row.batch_size, row.launch) for row in record.of(Round)}
    return Counter(place[:2] for place in found)


def test_cells_that_are_decided_take_part_in_no_later_launch(running):
    made = running(RULE)
    record = made.go()
    counts = launches(record)
    assert {counts[model, CLEAR] for model in MODELS} == {ENOUGH}
    assert {counts[model, CLOSE] for model in MODELS} == {MOST}
    assert made.ended == MOST * len(MODELS)
    looks = [look for look in record.of(Look) if look.batch_size == CLEAR]
    assert [(look.launch, look.verdicts, look.enough) for look in looks[-2:]] == [
        (ENOUGH - 1, {"torch": "slower"}, ENOUGH)
    ] * 2
    shares = [spent_share(RULE, look.launch + 1) for look in looks]
    assert [look.level for look in looks] == pytest.approx([0.05 * share for share in shares])
    assert missing(record) == ""


def test_the_report_gives_the_verdict_of_the_look_and_intervals_at_its_level(running):
    record = running(RULE).go()
    by_size = {(cell.model, cell.batch_size): cell for cell in summarise(record).speed}
    clear, close = by_size["ae400", CLEAR], by_size["ae400", CLOSE]
    verdicts = {row.contender: row.verdict for row in clear.rows}
    assert verdicts["torch"] == "slower"
    assert clear.stopping.enough == ENOUGH
    assert close.stopping.enough is None
    assert clear.stopping.confidence == pytest.approx(1 - 0.05 * spent_share(RULE, ENOUGH))
    # The same launches in a run of fixed size have narrower intervals.
    header = record.header
    plan = msgspec.structs.replace(header.plan, until=None)
    record.header = msgspec.structs.replace(header, plan=plan)
    (fixed,) = (
        cell
        for cell in summarise(record).speed
        if (cell.model, cell.batch_size) == ("ae400", CLEAR)
    )
    mine, its = (
        next(row.judged_ratio for row in cell.rows if row.contender == "torch")
        for cell in (clear, fixed)
    )
    assert mine.high > its.high
    assert mine.value == its.value


def test_a_cell_is_shown_as_it_stood_when_it_ended(running):
    # What the other model measures later changes the pooled spread, and could change a verdict.
    whole = running(RULE, [CLOSE], ["ae400"]).go()
    last = max(
        number
        for number, event in enumerate(whole.events)
        if isinstance(event, Look) and event.enough == ENOUGH
    )
    then = Record(whole.header, whole.events[: last + 1])
    before, after = (
        next(cell.rows for cell in summarise(each).speed if cell.model == "ae200")
        for each in (then, whole)
    )
    assert before == after


def test_ends_of_epochs_are_timed_with_a_model_that_goes_on(running):
    # The third launch would have the first model's turn, which ended after the second.
    record = running(RULE, [CLOSE], ["ae400"]).go()
    assert launches(record) == {("ae200", CLOSE): ENOUGH, ("ae400", CLOSE): MOST}
    assert {row.model for row in record.of(ShortEpoch) if row.launch == 2} == {"ae400"}


def test_a_run_without_open_cells_starts_no_workers(running):
    made = running(RULE, [CLEAR])
    record = made.go()
    assert {(row.model, row.launch) for row in record.of(Round)} == {
        (model, launch) for model in MODELS for launch in range(ENOUGH)
    }
    assert made.started == 3 * ENOUGH * len(MODELS)
    assert missing_tasks(made.plan, record) == []


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_run_that_was_cut_ends_like_one_that_was_not(running, cut):
    made = running(RULE)
    whole = made.go()
    content = made.path.read_bytes()
    made.path.write_bytes(content[: int(cut * len(content))])
    again = made.go()
    assert launches(again) == launches(whole)

    def found(record):
        looks = [(each.model, each.batch_size, each.launch, each) for each in record.of(Look)]
        return sorted((*place, look.enough, look.verdicts["torch"]) for *place, look in looks)

    assert found(again) == found(whole)
    assert missing_tasks(made.plan, again) == []


def test_a_width_plans_its_launches_after_the_first_stage(running):
    record = running(StoppingRule(WIDTH, 3, MOST, 0.03)).go()
    assert {look.launch for look in record.of(Look)} == {2}
    needed = {(look.model, look.batch_size): look.enough for look in record.of(Look)}
    counts = launches(record)
    for cell, enough in needed.items():
        assert counts[cell] == max(3, min(enough, MOST))
    assert max(needed.values()) > MOST
    notes = [note for table in speed(summarise(record)) for note in table.notes]
    assert any(f"more than the {MOST} allowed" in note for note in notes)
    assert any("Some intervals of ratios are wider." in note for note in notes)


def test_a_launch_that_is_measured_anew_voids_the_looks_after_it(running):
    made = running(RULE)
    record = made.go()
    again = Task("speed", "ae400", "", 2)
    record.add(Resume("", [], [again]))
    assert {look.launch for look in record.of(Look)} == {1}
