"""Test the speed pass with workers whose steps take a given time and compute nothing."""

from collections import Counter
from itertools import count, pairwise
from types import SimpleNamespace

import msgspec
import pytest

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.explaining_rounds import STEADY_ROUNDS
from aebench.bench.campaign.passes.round_lengths import (
    CALIBRATION_SECONDS,
    LEAST_ROUNDS_IN_AN_EPOCH,
    MOST_EPOCH_BYTES,
    WARMUP_BLOCK,
)
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
from aebench.reports.journal import Journal, load
from aebench.reports.record import (
    Block,
    Call,
    ContenderInfo,
    ControlSizes,
    Library,
    Round,
    ShortEpoch,
    SteadyRound,
    Task,
    TaskEnd,
    WorkerInfo,
    WorkloadSizes,
)
from helpers import sample
from helpers.images import DATA, OF_ANY_MODEL


class Knowing:
    """Answer as a worker whose steps take given seconds, and ``at_first`` right after compiling."""

    pid = 0

    def __init__(
        self,
        step_seconds: float,
        at_first: float,
        gemm: bool = False,
        latency: float = 0.0,
        asked: list | None = None,
    ) -> None:
        self._gemm = gemm
        self._latency = latency
        self._asked = [] if asked is None else asked
        self._step_seconds = step_seconds
        self._at_first = at_first

    def tell(self, command):
        self._asked.append(command)

    def answer(self, kind):
        if kind is CompiledCell:
            self._asked.append(kind)
            return kind()
        assert kind is RuntimeInfo
        return RuntimeInfo({}, {}, [], cores=2, epoch_end_polls_seconds=[])

    def ask(self, command, kind):
        self._asked.append(command)
        library = ("numpy", {"numpy": 1.0}) if self._gemm else ()
        answers = {
            Calibrate: lambda: Calibrated(self._at_first + self._latency / command.steps, *library),
            Enter: lambda: Entered(0.1),
            RunRound: lambda: RoundTimes(command.steps * self._step_seconds, 0.1, 0.01),
            Leave: Left,
            TimeProducts: lambda: OwnProducts({"own": 1.0}),
            RunShortEpochs: lambda: EpochBoundaries([EpochBoundary(0.2, 0.01, 0.0, 0.0)]),
        }
        answer = answers[type(command)]()
        assert isinstance(answer, kind)
        return answer

    def cpu_seconds(self):
        return 0.0


CONTENDERS = [
    ContenderInfo("jax", "jax", "1"),
    ContenderInfo("torch", "torch", "1"),
    ContenderInfo("jax A/A", "jax", "1", control_of="jax"),
    ContenderInfo("jax +5 %", "jax", "1", control_of="jax", known_effect=0.05),
]


# Calibrated anew, the controls have another size each time.
CONTROL_SIZES = (ControlSizes(passes, 3, 2**20, 1) for passes in count(1))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run launches of the speed pass, and return the record."""
    monkeypatch.setattr(blocks, "is_disturbed", lambda background, steal: False)
    monkeypatch.setattr(blocks, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(
        machine_controls, "calibrated", lambda threads: MachineControls(next(CONTROL_SIZES))
    )
    header = sample.make().header
    journal = Journal.begin(tmp_path / "record.jsonl", header)

    def running(
        launches,
        seconds,
        at_first=0.01,
        contenders=CONTENDERS,
        batch_sizes=(32,),
        blocks_each=4,
        models=("ae400",),
        shown=None,
        workload="train",
        **how,
    ):
        sizes = [WorkloadSizes(workload, list(batch_sizes), launches=4, blocks=blocks_each)]
        info = msgspec.structs.replace(header.plan, sizes=sizes)
        silent = dict.fromkeys(("doing", "figure", "problem"), lambda *_: None)
        measured = (lambda _: None) if shown is None else shown.append
        display = SimpleNamespace(**silent, measured=measured, stage_done=lambda: None)
        fleet = SimpleNamespace(
            start=lambda backend, job, python, on_processor, cache: Knowing(
                seconds[backend] if isinstance(seconds[backend], float) else next(seconds[backend]),
                at_first,
                backend == "gemm",
                **how,
            ),
            stop=lambda worker: None,
        )
        plan = Plan(info, [parse(name) for name in models], contenders)
        context = Context(plan, OF_ANY_MODEL, tmp_path, fleet, journal, display)
        tasks = [Task("speed", name, "", launch) for launch in launches for name in models]
        SpeedPass(context).run(tasks)
        return journal.record

    yield running
    journal.close()
    # What was written is within the bounds that reading checks.
    assert load(tmp_path / "record.jsonl").damage == ""


def test_the_machine_controls_are_calibrated_once_in_a_run_also_if_it_is_carried_on(run):
    (sizes,) = run([0], {"jax": 0.01, "torch": 0.3}).of(ControlSizes)
    record = run([1], {"jax": 0.01, "torch": 0.3})
    assert record.of(ControlSizes) == [sizes]
    known = [block for block in record.of(Block) if block.compute_seconds]
    assert {block.launch for block in known} == {0, 1}


def test_warm_up_is_two_rounds_and_one_when_a_cell_has_its_turn_again(run):
    record = run([0], {"jax": 0.01, "torch": 0.3}, batch_sizes=[32, 64], blocks_each=10)
    warm = Counter(
        (row.contender, row.batch_size) for row in record.of(Round) if row.block == WARMUP_BLOCK
    )
    # Ten blocks in turns of eight: the second turn begins with one more warm-up.
    assert set(warm.values()) == {3} and len(warm) == 8


def test_whole_calls_aren_t_called_to_warm_up_or_to_be_calibrated(run):
    asked, seconds = [], {"jax": 0.01, "torch": 0.3}
    sizes = {"batch_sizes": [32, 64], "blocks_each": 10, "workload": "predict"}
    record = run([0], seconds, asked=asked, **sizes)
    assert not [row for row in record.of(Round) if row.block == WARMUP_BLOCK]
    whole = len(DATA.test) // 64
    calibrated = [each.steps for each in asked if isinstance(each, Calibrate)]
    assert 0 < max(calibrated) < whole
    assert {row.steps % (len(DATA.test) // row.batch_size) for row in record.of(Round)} == {0}


@pytest.mark.parametrize("launch", range(4))
def test_a_control_and_its_original_run_as_many_steps_whichever_comes_first(run, launch):
    # Each of them would choose another number by what its own warm-up took.
    slower = iter([0.005, 0.007, 0.011])
    controls = [CONTENDERS[2], CONTENDERS[3]]
    record = run([launch], {"jax": slower}, contenders=[CONTENDERS[0], *controls])
    (steps,) = {row.steps for row in record.of(Round) if row.block >= 0}
    # 5 % more is a whole number.
    assert steps % 20 == 0


def test_cells_take_turns_and_their_blocks_are_numbered_on(run):
    record = run([0], {"jax": 0.01, "torch": 0.03}, batch_sizes=[32, 64], blocks_each=10)
    done = [(row.batch_size, row.block) for row in record.of(Block)]
    first, second = ([(size, block) for block in range(8)] for size in (32, 64))
    rest = [(size, block) for size in (32, 64) for block in (8, 9)]
    assert done == [*first, *second, *rest]
    assert all(later.began_at >= one.began_at > 1e9 for one, later in pairwise(record.of(Block)))


def test_first_figures_are_shown_cell_by_cell_and_each_model_s_after_its_last_launch(run):
    seconds = {"jax": 0.01, "torch": 0.03}

    def shown(launches, models=("ae400",)):
        found = []
        run(launches, seconds, models=models, batch_sizes=[32, 64], shown=found)
        return [[(cell.model, cell.batch_size) for cell in cells] for cells in found]

    of_400, of_800 = ([(name, 32), (name, 64)] for name in ("ae400", "ae800"))
    at_once = [[each] for each in of_400]
    assert shown([0, 1], ["ae400", "ae800"]) == [*at_once, of_400, of_800]
    # What was shown at once isn't shown again.
    assert shown([2]) == at_once


def test_a_single_cell_has_all_its_blocks_in_one_turn(run):
    record = run([0], {"jax": 0.01, "torch": 0.03}, blocks_each=6)
    assert [row.block for row in record.of(Block)] == list(range(6))
    warm = Counter(row.contender for row in record.of(Round) if row.block == WARMUP_BLOCK)
    assert set(warm.values()) == {2}


def test_rounds_take_equal_time_and_no_contender_sets_anothers_work(run):
    # Right after compiling a step seems to take 10 ms; later it takes 5 ms.
    seconds = {"jax": 0.005, "torch": 0.02}
    record = run([0], seconds, contenders=CONTENDERS[:3])
    steps = {row.contender: row.steps for row in record.of(Round) if row.block >= 0}
    assert steps == {"jax": 80, "torch": 20, "jax A/A": 80}
    # A later launch, also of a resumed run, uses the recorded numbers of steps.
    record = run([1], {"jax": 0.001, "torch": 0.002}, contenders=CONTENDERS[:3])
    later = {row.contender: row.steps for row in record.of(Round) if row.launch == 1}
    assert later == steps


def test_every_launch_has_the_control_of_another_contender(run):
    in_turn = [*CONTENDERS[:3], ContenderInfo("torch A/A", "torch", "1", control_of="torch")]
    seconds = {"jax": 0.005, "torch": 0.02}
    run([0], seconds, contenders=in_turn, blocks_each=6)
    slower = {name: 2 * each for name, each in seconds.items()}
    record = run([1, 2], slower, contenders=in_turn, blocks_each=6)
    rounds = [row for row in record.of(Round) if row.block >= 0]
    found = {at: {row.contender for row in rounds if row.launch == at} for at in range(3)}
    first, second = ({"jax", "torch", name} for name in ("jax A/A", "torch A/A"))
    assert found == {0: first, 1: second, 2: first}
    # A control's rounds are as long as its original's, which were fixed in an earlier launch.
    steps = {row.contender: row.steps for row in rounds}
    assert (steps["jax A/A"], steps["torch A/A"]) == (steps["jax"], steps["torch"])
    # Blocks are as long as with a single control, and the other one isn't even started.
    assert {len(each) for each in found.values()} == {3}
    assert {row.contender for row in record.of(WorkerInfo) if row.launch == 1} == second
    # Each takes every position twice in a launch of six blocks.
    places = Counter((row.launch, row.contender, row.position) for row in rounds)
    assert len(places) == 3 * 3 * 3 and set(places.values()) == {2}


def test_slow_steps_are_at_least_three(run):
    record = run([0], {"jax": 0.005, "torch": 2.0}, at_first=2.0, contenders=CONTENDERS[:3])
    assert {row.steps for row in record.of(Round) if row.contender == "torch"} == {3}


def test_there_is_room_for_the_truth_but_not_for_any(run):
    record = run([0], {"jax": 0.0001, "torch": 0.0001}, at_first=0.05, contenders=CONTENDERS[:2])
    provisional = {row.steps for row in record.of(Round) if row.block < 0}
    assert provisional == {8}
    assert {row.steps for row in record.of(Round) if row.block >= 0} == {24}


@pytest.mark.parametrize("step_seconds", [2e-5, 5e-5, 1e-3, 0.05])
@pytest.mark.parametrize("batch_size", [32, 500])
def test_samples_of_an_epoch_stay_below_a_bound(run, step_seconds, batch_size):
    seconds = {"jax": step_seconds, "torch": step_seconds}
    record = run([0], seconds, at_first=step_seconds, batch_sizes=[batch_size])
    for row in record.of(Round):
        least = LEAST_ROUNDS_IN_AN_EPOCH * (row.steps + row.discarded_steps)
        # A known effect's round is raised to a multiple of twenty steps.
        room = MOST_EPOCH_BYTES + 30 * LEAST_ROUNDS_IN_AN_EPOCH * batch_size * 3136
        assert least * batch_size * 3136 <= 1.2 * room


def test_workers_compile_side_by_side_before_any_is_calibrated(run):
    asked = []
    seconds = {"jax": 0.01, "tensorflow": 0.03, "native-jax": 0.009, "gemm": 0.008}
    record = run([0], seconds, contenders=STRIDED, batch_sizes=[32, 64], asked=asked)
    assert [(type(each).__name__, each.batch_size) for each in asked[:8]] == [
        *[("Compile", 32)] * 4,
        *[("Compile", 64)] * 4,
    ]
    assert asked[8:16] == [CompiledCell] * 8
    # Where a number of steps needs a compilation of its own, that of a later launch is known.
    asked.clear()
    run([1], seconds, contenders=STRIDED, batch_sizes=[32, 64], asked=asked)
    fixed = {(row.batch_size, row.steps) for row in record.of(Round) if row.block >= 0}
    assert {(each.batch_size, each.steps[0]) for each in asked[:8]} == fixed


def test_rounds_whose_steps_are_known_need_no_calibration(run):
    asked = []
    seconds = {"jax": 0.01, "tensorflow": 0.03, "native-jax": 0.009, "gemm": 0.008}
    run([0], seconds, contenders=STRIDED)
    record = run([1], seconds, contenders=STRIDED, asked=asked)
    assert sum(isinstance(each, Calibrate) for each in asked) == 1
    assert [row.contender for row in record.of(Library) if row.launch == 1] == ["gemm"]


@pytest.mark.parametrize("batch_size", [32, 500])
def test_samples_of_a_short_epoch_stay_below_the_bound(run, batch_size):
    seconds = {"jax": 2e-6, "torch": 2e-6}
    record = run([0], seconds, at_first=2e-6, batch_sizes=[batch_size])
    steps = {row.steps for row in record.of(ShortEpoch)}
    assert steps and max(steps) * batch_size * 3136 <= MOST_EPOCH_BYTES


def test_calibration_goes_on_until_it_is_long_enough(run):
    asked = []
    run([0], {"jax": 2e-5, "torch": 0.01}, at_first=2e-5, latency=1e-4, asked=asked)
    steps = [each.steps for each in asked if isinstance(each, Calibrate)]
    # Ten steps of 20 µs behind 100 µs of latency would seem to take 30 µs each.
    assert max(steps) * 2e-5 >= CALIBRATION_SECONDS or max(steps) >= 10 * 4**3


def test_a_known_effect_comes_to_whole_steps(run):
    record = run([0], {"jax": 0.005, "torch": 0.02})
    rounds = [row for row in record.of(Round) if row.block >= 0]
    assert {row.steps % 20 for row in rounds if row.contender == "jax +5 %"} == {0}
    seconds = {row.contender: row.seconds / row.steps for row in rounds}
    assert seconds["jax +5 %"] == pytest.approx(1.05 * seconds["jax"])
    assert seconds["jax A/A"] == pytest.approx(seconds["jax"])


def test_ends_of_epochs_are_timed_in_the_first_launches_and_not_of_controls(run):
    record = run([0, 1, 2, 3], {"jax": 0.005, "torch": 0.02})
    ends = Counter((row.contender, row.launch) for row in record.of(ShortEpoch))
    assert set(ends) == {(name, launch) for name in ("jax", "torch") for launch in (0, 1, 2)}
    assert {row.launch for row in record.of(Call)} == {0, 1, 2, 3}
    assert all(each.seconds > 0 for each in record.of(TaskEnd))


def test_ends_of_epochs_are_timed_with_one_model_in_each_launch(run):
    models = ["ae400", "ae800"]
    record = run([0, 1, 2], {"jax": 0.005, "torch": 0.02}, models=models)
    ends = {(row.model, row.launch) for row in record.of(ShortEpoch)}
    assert ends == {("ae400", 0), ("ae800", 1), ("ae400", 2)}


STRIDED = [
    ContenderInfo("jax", "jax", "1"),
    ContenderInfo("tensorflow:steps=16", "tensorflow", "1", settings={"steps": "16"}),
    ContenderInfo("native-jax", "native-jax", "1", baseline=True, on_keras=False, framework="jax"),
    ContenderInfo("gemm", "gemm", "1", baseline=True, on_keras=False),
]


def test_where_a_call_runs_several_steps_its_contender_runs_whole_calls(run):
    seconds = {"jax": 0.01, "tensorflow": 0.03, "native-jax": 0.009, "gemm": 0.008}
    record = run([0], seconds, contenders=STRIDED)
    rounds = [row for row in record.of(Round) if row.block >= 0]
    assert {row.steps % 16 for row in rounds if ":" in row.contender} == {0}
    leads = {row.contender: row.discarded_steps for row in rounds}
    assert leads["jax"] == 10 and leads["tensorflow:steps=16"] == 16
    assert {row.steps % 16 for row in record.of(ShortEpoch) if ":" in row.contender} == {0}


def test_baselines_have_no_epochs_and_gemm_tells_its_library(run):
    seconds = {"jax": 0.01, "tensorflow": 0.03, "native-jax": 0.009, "gemm": 0.008}
    record = run([0, 1], seconds, contenders=STRIDED)
    on_keras = {"jax", "tensorflow:steps=16"}
    assert {row.contender for row in record.of(Call)} == on_keras
    assert {row.contender for row in record.of(ShortEpoch)} == on_keras
    told = [(row.contender, row.launch, row.library) for row in record.of(Library)]
    assert told == [("gemm", 0, "numpy"), ("gemm", 1, "numpy")]


def test_without_gemm_a_contender_tells_its_own_librarys_products_once(run):
    record = run([0, 1], {"jax": 0.01, "torch": 0.02})
    told = {(row.contender, row.launch, row.library) for row in record.of(Library)}
    assert told == {("jax", 0, "own"), ("torch", 0, "own")}


def test_steps_inside_calls_are_timed_after_the_blocks_of_whole_calls(run):
    record = run([0, 1], {"jax": 0.01, "torch": 0.03}, workload="predict")
    for launch in (0, 1):
        events = [
            each
            for each in record.events
            if isinstance(each, (Round, SteadyRound)) and each.launch == launch
        ]
        rows = [each for each in events if isinstance(each, SteadyRound)]
        assert events[-len(rows) :] == rows
        # Three rounds of both, in turn, and every other time in reverse; controls have none.
        names = [row.contender for row in rows]
        assert Counter(names) == {"jax": STEADY_ROUNDS, "torch": STEADY_ROUNDS}
        assert names[1] == names[2] and names[3] == names[4]
        assert [row.number for row in rows] == [0, 0, 1, 1, 2, 2]
        assert {row.contender: row.steps for row in rows} == {"jax": 40, "torch": 14}
    assert not run([2], {"jax": 0.01, "torch": 0.03}).of(SteadyRound)[6 * 2 :]
