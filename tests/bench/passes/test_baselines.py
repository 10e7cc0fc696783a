"""Test tables and verdicts on baselines, contenders that fail parity, and other precisions."""

import io
import json

import msgspec
import pytest
from rich.console import Console

from aebench.reports import record, tables
from aebench.reports.headline import sentences
from aebench.reports.record import ContenderInfo, Parity, Round
from aebench.reports.summary import summarise
from aebench.reports.terminal import render_summary
from helpers import sample
from helpers.running import FEW, ONE_SIZE

# In every block a contender takes this many times the seconds of jax.
FACTORS = {"native-jax": 0.5, "native-torch": 2.0, "gemm": 0.25, "jax:jit": 0.9}
ADDED = [
    ContenderInfo("jax:jit", "jax", "1.0", settings={"jit": "on"}),
    ContenderInfo(
        "native-jax", "native-jax", "1.0", baseline=True, on_keras=False, framework="jax"
    ),
    ContenderInfo(
        "native-torch", "native-torch", "2.0", baseline=True, on_keras=False, framework="torch"
    ),
    ContenderInfo("gemm", "gemm", "2.0", baseline=True, on_keras=False),
]


def made(worst=None, precisions=None, settings=None):
    """Return the sample with baselines and parity; ``worst`` are differences by contender."""
    base = sample.make()
    plan = msgspec.structs.replace(base.header.plan, passes=["parity", *base.header.plan.passes])
    contenders = [*base.header.contenders, *ADDED]
    base.header = msgspec.structs.replace(base.header, plan=plan, contenders=contenders)
    jax = [each for each in base.of(Round) if each.contender == "jax"]
    for name, factor in FACTORS.items():
        base.events += [
            msgspec.structs.replace(each, contender=name, seconds=each.seconds * factor)
            for each in jax
        ]
    for contender in ("jax", "torch", *FACTORS):
        told = {"precision": (precisions or {}).get(contender, "float32")}
        told |= (settings or {}).get(contender, {})
        worker = msgspec.structs.replace(
            base.of(record.WorkerInfo)[0], pass_name="parity", contender=contender, settings=told
        )
        base.events.insert(0, worker)
        if contender != "gemm":
            difference = (worst or {}).get(contender, 1e-7)
            base.events.append(Parity(contender, "ae400", "forward", 1e-8, 1e-6))
            base.events.append(Parity(contender, "ae400", "step", difference, 1e-6, "bias of 2"))
    base.events.append(
        record.Library("gemm", "ae400", "train", 32, 0, "torch", {"torch": 0.001, "numpy": 0.002})
    )
    return base


def rows(base):
    (cell,) = summarise(base).speed
    return cell, {row.contender: row for row in cell.rows}


def shown(base):
    console = Console(file=io.StringIO(), width=100)
    console.print(render_summary(summarise(base)))
    return console.file.getvalue()


def test_shares_follow_from_shared_blocks():
    cell, by_name = rows(made())
    told = {
        name: (row.of_native and row.of_native.value, row.of_limit and row.of_limit.value)
        for name, row in by_name.items()
    }
    assert told["jax"] == pytest.approx((0.5, 0.25))
    assert told["torch"] == pytest.approx((0.5, 0.0625))
    assert told["jax:jit"] == pytest.approx((0.5 / 0.9, 0.25 / 0.9))
    assert told["native-torch"] == (None, pytest.approx(0.125))
    assert told["gemm"] == told["jax A/A"] == (None, None)
    assert next(iter(cell.library_samples_per_second)) == "torch"


def test_shares_are_of_baselines_in_the_same_precision():
    _, by_name = rows(made(precisions={"jax": "tf32", "native-jax": "tf32"}))
    assert by_name["jax"].of_native.value == pytest.approx(0.5)
    # gemm multiplies in float32: it is no limit of TF32, and native-jax does other work here.
    assert by_name["jax"].of_limit is by_name["native-jax"].of_limit is None
    assert by_name["jax:jit"].of_native is None
    assert by_name["torch"].of_limit.value == pytest.approx(0.0625)


def test_baselines_are_measured_and_not_judged():
    cell, by_name = rows(made())
    assert {by_name[name].verdict for name in ("native-jax", "gemm")} == {"baseline"}
    assert by_name["native-jax"].times_reference.value == pytest.approx(0.5)
    assert by_name["native-jax"].adjusted is None
    # jax:jit and torch are compared with jax.
    assert cell.comparisons == 2
    assert "jax:jit trains ae400 at batch 32 fastest:" in cell.answer


def test_all_cells_at_a_glance_keep_baselines_apart():
    summary = summarise(made())
    (cell,) = summary.speed
    other = msgspec.structs.replace(cell, batch_size=500)
    two = msgspec.structs.replace(summary, speed=[cell, other])
    glance, products, shares = tables.overview(two)
    assert products.columns == ["cell, batch", "torch, samples/s", "numpy, samples/s"]
    assert products.rows[0] == ["train ae400, 32", "32,000", "16,000"]
    assert glance.columns == [
        "cell, batch",
        "jax, samples/s",
        "torch, × time",
        "tensorflow, × time",
        "jax:jit, × time",
    ]
    for table in (glance, shares):
        assert "tensorflow: not installed" in table.notes
    assert [row[0] for row in glance.rows] == ["train ae400, 32", "train ae400, 500"]
    told = dict(zip(shares.columns, shares.rows[1], strict=True))
    assert told.pop("cell, batch") == "train ae400, 500"
    # The value is 12.5: whether it is rounded up or down doesn't matter here.
    assert told.pop("native-torch, % of limit").startswith("1")
    assert {name: value.split()[0] for name, value in told.items()} == {
        "jax, % of native": "50",
        "torch, % of native": "50",
        "jax:jit, % of native": "56",
        "jax, % of limit": "25",
        "torch, % of limit": "6",
        "tensorflow, % of limit": "–",
        "jax:jit, % of limit": "28",
        "native-jax, % of limit": "50",
    }
    bare = 2 * [summarise(sample.make()).speed[0]]
    (_,) = tables.overview(msgspec.structs.replace(summary, speed=bare))
    assert _limit_of(two) == (
        "Of the throughput of a step's matrix products alone, which is about what the machine can "
        "do, jax reaches 25 %, torch reaches 6 % and jax:jit reaches 28 %."
    )
    # A contender that failed parity is left out of sentences about all contenders.
    differing = msgspec.structs.replace(summary, speed=summarise(made({"torch": 1e-3})).speed * 2)
    assert "torch" not in _limit_of(differing)


def test_a_contender_above_the_limit_is_a_defect_that_is_told():
    base = made()
    fine = summarise(base)
    assert "defect" not in " ".join(shown(base).split())
    base.events = [
        msgspec.structs.replace(each, seconds=each.seconds / 4)
        if isinstance(each, Round) and each.contender == "native-jax"
        else each
        for each in base.events
    ]
    summary = summarise(base)
    assert summary.speed[0].faster_than_limit == ["native-jax"]
    text = " ".join(shown(base).split())
    assert "The limit has a defect here: native-jax exceeded it by more than the interval." in text
    assert (
        "The limit has a defect: above it by more than their intervals are native-jax in train "
        "ae400 at batch 32."
    ) in " ".join(summary.notices)
    alone = [msgspec.structs.replace(each, footprint=[], quality=[]) for each in (fine, summary)]
    told = [any("what the machine can do" in text for text in sentences(each)) for each in alone]
    assert told == [True, False]


def test_a_contender_above_the_limit_within_its_interval_is_no_defect():
    base = made()
    by_block = iter([1.03, 0.95, 0.99, 1.06, 0.98, 1.02, 0.97, 1.05])
    gemm = [each for each in base.events if isinstance(each, Round) and each.contender == "gemm"]
    base.events = [each for each in base.events if getattr(each, "contender", "") != "native-jax"]
    base.events += [
        msgspec.structs.replace(each, contender="native-jax", seconds=each.seconds / factor)
        for each, factor in zip(gemm, by_block, strict=False)
    ]
    cell, by_name = rows(base)
    assert by_name["native-jax"].of_limit.value > 1
    assert cell.faster_than_limit == []


def with_memory(factor, base=None):
    """Return the sample, in which moving a step's bytes takes some times the products' seconds."""
    base = base or made()
    base.events = [
        msgspec.structs.replace(each, memory_seconds=each.seconds * factor)
        if isinstance(each, Round) and each.contender == "gemm"
        else msgspec.structs.replace(each, step_bytes=10_204_460)
        if isinstance(each, record.Library)
        else each
        for each in base.events
    ]
    return base


@pytest.mark.parametrize(
    ("factor", "bound", "share"), [(0.5, "compute", 0.25), (1.6, "memory", 0.4)]
)
def test_the_limit_is_the_longer_of_products_and_memory(factor, bound, share):
    base = with_memory(factor)
    cell, by_name = rows(base)
    assert cell.limit.bound == bound
    assert by_name["jax"].of_limit.value == pytest.approx(share)
    products, memory = cell.limit.products_samples_per_second, cell.limit.memory_samples_per_second
    assert products.value == pytest.approx(by_name["gemm"].samples_per_second.value)
    assert memory.value == pytest.approx(products.value / factor)
    assert cell.limit.operations_per_second == pytest.approx(4411000 * products.value)
    assert cell.limit.bytes_per_second == pytest.approx(10_204_460 * memory.value / 32)
    text = " ".join(shown(base).split())
    assert f"Limit: {bound}. A step's matrix products alone (gemm) allow" in text
    assert "moving its weights, gradients and batch allows" in text
    two = msgspec.structs.replace(
        summarise(base), speed=[cell, msgspec.structs.replace(cell, batch_size=500)]
    )
    *_, shares = tables.overview(two)
    assert shares.columns[-1] == "limit" and shares.rows[0][-1] == bound


def test_records_without_memory_have_the_products_as_their_limit():
    cell, by_name = rows(made())
    assert cell.limit.bound == "" and cell.limit.memory_samples_per_second is None
    assert by_name["jax"].of_limit.value == pytest.approx(0.25)


def test_the_products_of_a_contenders_own_library_stand_beside_its_ratio():
    base = made()
    base.events += [
        record.Library(
            "gemm",
            "ae400",
            "train",
            32,
            launch,
            "jax",
            {"jax": 0.002, "torch": 0.003 + launch / 1e4},
        )
        for launch in range(4)
    ]
    base.events = [
        each
        for each in base.events
        if not (isinstance(each, record.Library) and each.library == "torch")
    ]
    _, by_name = rows(base)
    told = by_name["torch"].times_products
    assert told.value == pytest.approx((3.0 * 3.1 * 3.2 * 3.3) ** 0.25 / 2)
    assert told.low < told.value < told.high
    assert by_name["jax"].times_products is None
    assert by_name["native-torch"].times_products is None
    (table,) = tables.speed(summarise(base))
    torch = dict(zip(table.columns, table.rows[1], strict=True))
    assert torch["× products"].startswith("1.57")


def _limit_of(summary):
    alone = msgspec.structs.replace(summary, footprint=[], quality=[])
    return sentences(alone)[1]


def test_who_differs_is_in_no_ranking():
    base = made(worst={"jax:jit": 3e-5})
    cell, by_name = rows(base)
    assert by_name["jax:jit"].verdict == "differs"
    assert by_name["jax:jit"].differs == "step differs by 3e-05 at bias of 2, 1e-06 is allowed"
    assert by_name["torch"].verdict == "slower"
    assert cell.comparisons == 1
    assert "jax:jit" not in cell.answer
    (table,) = tables.speed(summarise(base))
    (faint,) = table.faint
    assert table.rows[faint][0] == "jax:jit"
    assert "jax:jit: in no ranking, not shown to be the same model: step differs" in " ".join(
        shown(base).split()
    )


def test_where_the_reference_differs_nobody_is_ranked():
    cell, by_name = rows(made(worst={"jax": 3e-5}))
    assert by_name["jax"].verdict == "differs"
    assert {row.verdict for row in by_name.values()} <= {"differs", "", "baseline", "same"}
    assert by_name["torch"].verdict == ""
    assert cell.answer == (
        "No contender is called fastest for ae400 at batch 32 (train): jax, the reference, isn't "
        "shown to be the same model."
    )


def test_who_was_not_compared_is_in_no_ranking():
    base = made()
    base.events = [
        each for each in base.events if not (isinstance(each, Parity) and each.contender == "torch")
    ]
    base.events.insert(0, record.Failure("parity", "torch", "ae400", 0, "was killed", ""))
    _, by_name = rows(base)
    assert (by_name["torch"].verdict, by_name["torch"].differs) == ("unchecked", "was killed")


def test_another_precision_is_a_class_of_its_own():
    base = made(precisions={"jax:jit": "mixed_bfloat16"})
    cell, by_name = rows(base)
    assert by_name["jax:jit"].verdict == "mixed_bfloat16"
    assert by_name["jax:jit"].times_reference.value == pytest.approx(0.9)
    assert "jax:jit" not in cell.answer
    assert "it computes in mixed_bfloat16: a class of its own" in " ".join(shown(base).split())


def test_settings_that_turn_out_equal_are_named_so():
    same = "jax and jax:jit turned out to have the same settings in force"
    assert same in " ".join(shown(made()).split())
    settings = {"jax:jit": {"jit_compile": "True"}, "jax": {"jit_compile": "False"}}
    assert same not in " ".join(shown(made(settings=settings)).split())


def test_settings_that_were_overruled_are_told():
    base = made(settings={"jax:jit": {"jit_compile": "False"}})
    text = " ".join(shown(base).split())
    assert "jax:jit asked for jit_compile True, and False is in force." in text


def test_records_from_before_there_was_parity_are_believed():
    summary = summarise(sample.make())
    assert summary.parity == []
    assert {row.verdict for row in summary.speed[0].rows} == {"", "slower", "same"}


def test_no_table_is_cut_at_a_hundred_columns():
    text = shown(made())
    assert max(map(len, text.splitlines())) <= 100
    # The last column and the interval's numbers aren't cut off.
    assert "epochs" in text and "16,000" in text


def test_the_table_of_parity():
    first, *_ = tables.parity(summarise(made(worst={"torch": 3e-5})))
    assert first.columns == ["parity", "forward", "step", "model"]
    assert first.rows == [
        ["ae400 jax", "1e-08", "1e-07", "same"],
        ["ae400 torch", "1e-08", "3e-05", "differs"],
        ["ae400 tensorflow", "–", "–", "–"],
        ["ae400 jax:jit", "1e-08", "1e-07", "same"],
        ["ae400 native-jax", "1e-08", "1e-07", "same"],
        ["ae400 native-torch", "1e-08", "1e-07", "same"],
    ]
    assert first.faint == [1]
    assert "ae400 torch: step differs by 3e-05 at bias of 2, 1e-06 is allowed." in first.notes
    assert "Allowed in float32: forward 1e-06, step 1e-06." in first.notes


@pytest.mark.slow
def test_baselines_run_in_the_same_blocks(aebench):
    done = aebench(
        *("run", "--data", "embedded", "--train-samples", "1000", "--model", "ae50-dropout"),
        *("--contender", "jax", "--baselines", "--pass", "speed", "--workload", "train"),
        *(*ONE_SIZE, *FEW, "--out", "y"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(aebench("show", "y", "--json").stdout)
    (cell,) = summary["speed"]
    by_name = {row["contender"]: row for row in cell["rows"]}
    assert list(by_name) == ["jax", "native-jax", "gemm", "jax A/A"]
    assert len({row["rounds"] for row in by_name.values()}) == 1
    # Other tests run beside this one: whether the limit is one can't be seen here.
    assert by_name["jax"]["of_native"]["value"] > 0
    assert by_name["jax"]["of_limit"]["value"] > 0
    assert by_name["gemm"]["verdict"] == "baseline"
    assert set(cell["library_samples_per_second"]) >= {"numpy", "jax"}
