import io
import re

import msgspec
import numpy as np
import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from aebench.reports import document, figures, html, markdown, tables
from aebench.reports.record import (
    Block,
    Parity,
    QualityEpoch,
    Resume,
    Round,
    ShortEpoch,
    WorkerInfo,
)
from aebench.reports.statistics import Estimate
from aebench.reports.summary import summarise
from aebench.reports.tables.wide import THROUGHPUT, wide
from aebench.reports.terminal import WIDTH, render, render_summary
from helpers import sample
from helpers.pages import whole

HOSTILE = "\x1b[31m[red]<script>alert(1)</script>|`x`](http://x)\n# heading"


@pytest.fixture
def summary():
    return summarise(sample.make())


def printed(renderable, **options) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, **options)
    console.print(renderable)
    return console.file.getvalue()


def test_figures_follow_from_the_rounds(summary):
    (cell,) = summary.speed
    jax, torch, tensorflow, control = cell.rows
    assert cell.blocks == 8
    # Medians of the launches, for 50 steps of 32 samples; the warm-up of 9 s isn't counted.
    typical = np.exp(np.mean(np.log([1.05, 0.975, 0.975, 1.0]))) / 10
    assert jax.step_seconds.value == pytest.approx(typical / 50)
    assert jax.samples_per_second.value == pytest.approx(32 * 50 / typical)
    half = 3.1824 * np.std(np.log([1.05, 0.975, 0.975, 1.0]), ddof=1) / np.sqrt(4)
    assert np.log(jax.step_seconds.high / jax.step_seconds.value) == pytest.approx(half, rel=1e-4)
    assert jax.times_reference is None
    # The ratio is 4 in every block, although the blocks' seconds differ.
    times = torch.times_reference
    assert (times.value, times.low, times.high) == pytest.approx((4, 4, 4))
    assert (torch.verdict, jax.verdict) == ("slower", "")
    # Without noise, the minimum detectable effect is the margin itself.
    assert torch.minimum_detectable_effect.value == pytest.approx(0.01, abs=1e-3)
    assert (torch.pair_sd, torch.launch_sd) == pytest.approx((0, 0), abs=1e-9)
    # The A/A control's ratios are 1.01 and 0.99 in turns of a launch: pairs of a launch agree, and
    # Student's interval is over the four launches. t(0.975, 3) is 3.1824.
    logs = np.log(sample.CONTROL[::2])
    half = 3.1824 * np.std(logs, ddof=1) / np.sqrt(4)
    times = control.times_reference
    assert (control.control_of, control.verdict, control.epoch) == ("jax", "same", None)
    assert (np.log(times.low), np.log(times.high)) == pytest.approx(
        (np.mean(logs) - half, np.mean(logs) + half), rel=1e-4
    )
    assert control.pair_sd == pytest.approx(0, abs=1e-9)
    assert control.launch_sd == pytest.approx(np.std(logs, ddof=1))
    assert cell.noise_floor == pytest.approx(max(times.high, 1 / times.low) - 1)
    # Only torch is compared: the A/A control isn't in the family of comparisons.
    assert (cell.comparisons, cell.control_excess) == (1, 0)
    assert (cell.repeated, cell.disturbed) == (1, 0)
    shares = (cell.background_share, cell.steal_share, cell.most_steal_share)
    assert shares == pytest.approx((0.01, 0.005, 0.04))
    (control_sd,) = cell.control_sds.values()
    assert control_sd == pytest.approx(np.std([0, np.log(1.1)] * 4, ddof=1))
    assert tensorflow.samples_per_second is None
    assert tensorflow.failure == "not installed"
    # 4 ms epoch boundary and 3 ms first step, minus a step of 2 ms.
    assert jax.epoch.fixed_seconds == pytest.approx(0.005)
    # An epoch goes by the mean step of a launch: 0.105, 0.0975, 0.0975 and 0.1 s for 50 steps.
    epochs = 1875 / 50 * np.array([0.105, 0.0975, 0.0975, 0.1]) + 0.005
    assert jax.epoch.seconds.value == pytest.approx(np.exp(np.mean(np.log(epochs))))
    half = 3.1824 * np.std(np.log(epochs), ddof=1) / np.sqrt(4)
    ends = np.log([jax.epoch.seconds.high, jax.epoch.seconds.low]) - np.log(jax.epoch.seconds.value)
    assert ends == pytest.approx([half, -half], rel=1e-4)
    assert jax.epoch.full_training_seconds == pytest.approx(0.3 + 20 * jax.epoch.seconds.value)
    # The verdict is about epochs, in which both have the same fixed cost.
    assert cell.judged_by == "epoch"
    assert torch.times_epoch.value == pytest.approx(
        np.exp(np.mean(np.log((4 * epochs - 0.015) / epochs)))
    )
    assert cell.answer == (
        "On this machine jax trains ae400 at batch 32 fastest: for an epoch, torch takes 4 times "
        "as long."
    )
    assert (cell.fastest, cell.stands) == ("jax", True)


def test_nobody_is_fastest_if_the_blocks_disagree():
    made = sample.make()
    changed = [
        type(event)(**{**{f: getattr(event, f) for f in event.__struct_fields__}, "seconds": each})
        if type(event).__name__ == "Round" and event.contender == "torch" and event.block >= 0
        else event
        for event, each in (
            (event, 0.09 + 0.004 * (2 * getattr(event, "launch", 0) + getattr(event, "block", 0)))
            for event in made.events
        )
    ]
    made.events[:] = changed
    (cell,) = summarise(made).speed
    assert "No backend is shown to be fastest" in cell.answer
    assert cell.rows[1].verdict in ("same", "inconclusive")


def test_terminal_golden(summary):
    shown = printed(render(tables.all_tables(summary)))
    expected = """\
 backend       samples/s ±      × step ±     epoch s ±        × jax's epoch [95 %]  verdict
 jax         16,010 ±5.7 %             1   3.75 ±5.7 %                           1  reference
 torch        4,000 ±5.7 %          4.00  15.00 ±5.7 %  3.99600 [3.99578, 3.99622]  slower
 tensorflow              –             –             –                           –  –
 jax A/A     16,000 ±6.7 %  1.000 ±1.9 %                                            same
 On this machine jax trains ae400 at batch 32 fastest: for an epoch, torch takes 4 times as long.
 tensorflow: not installed
 MDE: torch 1 % (1 % to 1 %).
 Faster or slower: wholly beyond 1 %; same: wholly within 3 %; by intervals adjusted for the
 comparisons of the cell.
 Noise floor: 1.9 %, of jax A/A, a second worker of jax.
 Noise: fixed NumPy work varied by 5.1 % (SD); background load took 1 % of the machine; the
 hypervisor took 0.5 %, 4 % in the worst block; 1 disturbed block repeated.
 Time that fit takes per epoch and per call beside its steps: jax 5 ms and 300 ms, torch 5 ms and
 300 ms.
 8 blocks of 50 steps in 4 launches, 1 comparison; 2 cores; data: mnist, 60,000 samples an epoch.
 ae400 jax           0.04    2.00    1.00   3.04
 ae400 torch           12     240     600      600
 ae400 tensorflow       –       –       –        –
 ae400 jax             0 of 1  0.2100  0.2000  0.0100     1.50    0.250 0.210
"""
    got = [line.rstrip() for line in shown.splitlines()]
    for line in expected.splitlines():
        assert line in got, shown
    assert max(map(len, got)) <= WIDTH
    facts = printed(render_summary(summary))
    # The minute has three warm-ups of 9 s, which are overhead, 0.8 + 3.2 + 0.8 s of rounds, and
    # three repeated rounds of 7 s.
    assert (
        "Speed pass: 1 min 00 s, 8 % in rounds, 35 % in blocks that were repeated, 57 % overhead "
        "(starting, compiling, warm-up, discarded steps, controls, pauses, ends of epochs)."
    ) in " ".join(facts.split())


def test_columns_of_words_are_on_the_left():
    rows = [["a", "1", "–", "slower", ""], ["b", "<1 %", "∞", "–", ""], ["c", "∞", "2", "same", ""]]
    table = tables.Table("t", ["", "digits", "one word", "words", "nothing"], rows)
    assert table.lefts == [True, False, False, True, False]
    assert tables.Table("t", ["", "digits"], []).lefts == [True, False]


def test_what_a_run_could_see_is_told_of_each(summary):
    (cell,) = summary.speed
    jax, torch, *_ = cell.rows
    other = msgspec.structs.replace(
        torch, contender="torch:jit", minimum_detectable_effect=Estimate(0.372, 0.2, 0.9)
    )
    two = msgspec.structs.replace(cell, rows=[jax, torch, other])
    (table,) = tables.speed(msgspec.structs.replace(summary, speed=[two]))
    assert "MDE: torch 1 % (1 % to 1 %) and torch:jit 37 % (20 % to 90 %)." in table.notes


def test_everything_fits_into_100_columns(summary):
    shown = printed(render_summary(summary))
    assert max(len(line) for line in shown.splitlines()) <= WIDTH
    assert "…" not in re.sub(r"[0-9a-f]{12}…", "", shown)


def test_a_hostile_record_is_only_text(tmp_path):
    hostile = summarise(sample.make(HOSTILE))
    shown = printed(render_summary(hostile), force_terminal=True, color_system=None)
    assert "\x1b[31m" not in shown
    assert "[red]" in shown
    made = document.make(hostile, figures.write(hostile, tmp_path), [HOSTILE])
    text = whole(made)
    assert "\x1b" not in text
    assert "\n# heading" not in text
    # Nothing in the record acts as Markdown.
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inside = [each for token in tokens for each in token.children or []]
    assert {each.type for each in inside} == {
        *("text", "code_inline", "image", "link_open", "link_close"),
    }
    # Only the report's own pages are linked to.
    linked = {each.attrs["href"] for each in inside if each.type == "link_open"}
    assert linked == set(markdown.render(made))
    assert "html_block" not in {token.type for token in tokens}
    assert re.findall(r"\\<script>", text)
    # In HTML too, all markup in texts is escaped, and no script may run.
    shown = html.render(made, tmp_path)
    assert "\x1b" not in shown and "&lt;script&gt;" in shown
    assert re.findall(r"<script|<iframe|onerror=", shown) == ["<script"]  # the page's own
    assert shown.count("<a ") == 3  # the links to the record and the data
    assert "default-src 'none'" in shown
    # All rows of a table have the same number of entries.
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) > 10
    for head, rule, *rows in tables:
        assert rows and re.fullmatch(r"\| ---( \| ---:?)* \|", rule)
        for row in (head, *rows):
            assert len(re.findall(r"(?<!\\)\|", row)) == rule.count("|")


def _is_last(event) -> bool:
    """Return whether an event is of the last block that counts."""
    return (getattr(event, "launch", 0), getattr(event, "block", 0)) == sample.BLOCKS[-1]


def test_verdicts_wait_for_the_planned_number_of_blocks():
    made = sample.make()
    made.events = [each for each in made.events if not _is_last(each)]
    (cell,) = summarise(made).speed
    assert cell.answer == (
        "No contender is called fastest for ae400 at batch 32 (train): 7 of 8 blocks were measured."
    )


def test_drift_is_shown():
    made = sample.make()
    # Two launches of four blocks. All contenders get slower, which is the machine's; torch more so.
    made.events = [
        msgspec.structs.replace(
            each,
            launch=each.launch // 2,
            block=2 * (each.launch % 2) + each.block,
            seconds=(each.seconds if isinstance(each, Block) else 1.0)
            * (1 + 2 * (each.launch % 2) + each.block)
            * (1 + 0.2 * (each.launch % 2) * (getattr(each, "contender", "") == "torch")),
        )
        if isinstance(each, Round | Block) and (each.launch, each.block) in sample.BLOCKS
        else each
        for each in made.events
    ]
    (cell,) = summarise(made).speed
    drifts = {row.contender: row.drift for row in cell.rows}
    # Against the geometric mean of the three contenders of a block.
    assert drifts["torch"] == pytest.approx(1.2 ** (2 / 3) - 1)
    shown = " ".join(printed(render_summary(summarise(made))).split())
    assert "torch: drift, against the others its last third of a launch was 13 % slower" in shown


def test_a_busy_machine_and_lost_fixed_costs_are_told():
    made = sample.make()
    busy = msgspec.structs.replace(made.header.machine, load_before=2.5)
    made.header = msgspec.structs.replace(made.header, machine=busy)
    made.events = [
        msgspec.structs.replace(each, first_step_seconds=-0.05)
        if isinstance(each, ShortEpoch) and each.contender == "jax"
        else each
        for each in made.events
    ]
    shown = " ".join(printed(render_summary(summarise(made))).split())
    assert "began on a busy machine (load 2.5 on 2 cores)" in shown
    assert (
        "per epoch and per call beside its steps: jax <1 ms and 300 ms, torch 5 ms and 300 ms."
        in shown
    )


def made_with(contender: str, factor: float, noise: float = 0.0):
    """Return the sample in which a contender's counted rounds take ``factor`` times as long."""
    made = sample.make()
    made.events = [
        msgspec.structs.replace(
            each, seconds=each.seconds * factor * (1 + noise * (-1) ** (each.block // 2))
        )
        if isinstance(each, Round) and each.contender == contender and each.block >= 0
        else each
        for each in made.events
    ]
    return made


@pytest.mark.parametrize("factor", [1.05, 0.95])
def test_a_control_that_comes_out_different_widens_all_intervals(factor):
    before = summarise(sample.make()).speed[0].rows[1]
    summary = summarise(made_with("jax A/A", factor))
    (cell,) = summary.speed
    rows = {row.contender: row for row in cell.rows}
    control = rows["jax A/A"].times_reference
    excess = control.low if factor > 1 else 1 / control.high
    assert 1.02 < excess < 1.05
    assert cell.control_excess == pytest.approx(excess - 1)
    assert rows["jax A/A"].verdict == ("slower" if factor > 1 else "faster")
    for name in ("times_reference", "times_epoch", "adjusted"):
        wide, narrow = getattr(rows["torch"], name), getattr(before, name)
        assert (wide.value, wide.low, wide.high) == pytest.approx(
            (narrow.value, narrow.low / excess, narrow.high * excess)
        )
    # A difference much larger than what the control was off by stays one.
    assert (rows["torch"].verdict, cell.fastest) == ("slower", "jax")
    shown = " ".join(printed(render_summary(summary)).split())
    assert "An A/A control came out " in shown and "all intervals here are wider" in shown


def test_a_difference_within_what_a_control_was_off_by_is_not_called():
    made = made_with("torch", 1.03 / 4)
    (cell,) = summarise(made).speed
    assert cell.rows[1].verdict == "slower"
    made.events = [
        msgspec.structs.replace(each, seconds=each.seconds * 1.05)
        if isinstance(each, Round) and each.contender == "jax A/A" and each.block >= 0
        else each
        for each in made.events
    ]
    (cell,) = summarise(made).speed
    assert (cell.rows[1].verdict, cell.fastest) == ("inconclusive", "")


def test_a_single_launch_gives_neither_intervals_nor_verdicts():
    made = sample.make()
    sizes = [msgspec.structs.replace(each, launches=1) for each in made.header.plan.sizes]
    plan = msgspec.structs.replace(made.header.plan, sizes=sizes)
    made.header = msgspec.structs.replace(made.header, plan=plan)
    made.events = [each for each in made.events if getattr(each, "launch", 0) == 0]
    (cell,) = summarise(made).speed
    torch = cell.rows[1]
    assert (torch.times_epoch.low, torch.samples_per_second.low) == (None, None)
    assert (torch.verdict, cell.fastest) == ("inconclusive", "")
    assert cell.answer.endswith("a single launch doesn't show how much processes differ.")


def test_only_faster_and_slower_are_coloured():
    shown = printed(
        render_summary(summarise(sample.make())), force_terminal=True, color_system="standard"
    )
    coloured = re.findall(r"\x1b\[3[12]m *(\w+)", shown)
    assert coloured == ["slower"]


def test_verdicts_go_by_the_margins_that_the_plan_fixed():
    made = made_with("torch", 1.05 / 4, noise=0.001)
    assert summarise(made).speed[0].rows[1].verdict == "slower"
    plan = msgspec.structs.replace(made.header.plan, different=0.1, same=0.2)
    made.header = msgspec.structs.replace(made.header, plan=plan)
    (cell,) = summarise(made).speed
    assert cell.rows[1].verdict == "same"
    assert "wholly beyond 10 %; same: wholly within 20 %" in " ".join(
        printed(render_summary(summarise(made))).split()
    )


def test_who_lacks_blocks_gets_no_verdict():
    made = sample.make()
    made.events = [
        each
        for each in made.events
        if not (_is_last(each) and isinstance(each, Round) and each.contender == "torch")
    ]
    (cell,) = summarise(made).speed
    assert {row.contender: row.verdict for row in cell.rows}["torch"] == "unfinished"
    assert "fastest:" not in cell.answer


def test_a_control_whose_original_failed_is_compared_with_nobody():
    made = sample.make()
    made.events = [
        each
        for each in made.events
        if not (isinstance(each, Round) and each.contender == "jax" and each.block >= 0)
    ]
    (cell,) = summarise(made).speed
    control = cell.rows[-1]
    assert (cell.reference, control.times_reference, control.verdict) == ("torch", None, "")
    assert "†" not in printed(render_summary(summarise(made)))


def test_a_record_from_before_there_were_controls_is_still_shown():
    made = sample.make()
    made.events = [
        each
        for each in made.events
        if not isinstance(each, Block)
        and getattr(each, "contender", "") != "jax A/A"
        and getattr(each, "block", 0) != sample.REPEATED_BLOCK
    ]
    made.header = msgspec.structs.replace(made.header, contenders=made.header.contenders[:3])
    (cell,) = summarise(made).speed
    assert (cell.rows[1].verdict, cell.noise_floor, cell.control_sds) == ("slower", None, {})
    assert "Control:" not in printed(render_summary(summarise(made)))


def test_what_is_said_of_waits_adds_up_to_the_epoch():
    ticks = [0.01 * (2**k - 1) for k in range(1, 14)]
    made = sample.make()
    ends = [each for each in made.events if isinstance(each, ShortEpoch)]
    # Epochs of 0.2 s end at once, or wait for the poll at 0.31 s: one of three does.
    waited = msgspec.structs.replace(ends[0], age_seconds=0.2, boundary_seconds=0.11)
    made.events = [
        msgspec.structs.replace(each, epoch_end_polls_seconds=ticks)
        if isinstance(each, WorkerInfo)
        else (waited if each is ends[0] else each)
        for each in made.events
    ]
    epoch = summarise(made).speed[0].rows[0].epoch
    assert epoch.waiting_share == pytest.approx(1 / 3)
    assert epoch.wait_seconds > 0
    assert epoch.fixed_seconds == pytest.approx(
        epoch.base_seconds + epoch.waiting_share * epoch.wait_seconds
    )
    shown = " ".join(printed(render_summary(summarise(made))).split())
    assert "jax: 33 % of the epochs wait at their end for the input path:" in shown


def test_an_unfinished_record_is_told_apart():
    made = sample.make()
    made.events.pop()
    assert "hasn't ended" in " ".join(summarise(made).notices)


def two_runs():
    """Return the sample and a second run, in which jax is missing and torch is twice as slow."""
    first, second = sample.make(), sample.make()
    first.events = [each for each in first.events if getattr(each, "contender", "") != "torch"]
    (jax, torch, tensorflow, control) = first.header.contenders
    missing = msgspec.structs.replace(torch, version="", missing="not installed")
    first.header = msgspec.structs.replace(
        first.header, contenders=[jax, missing, tensorflow, control]
    )
    second.events = [
        # Torch's A/A control differs from torch as jax's A/A control differs from jax.
        msgspec.structs.replace(each, contender="torch A/A", seconds=4 * each.seconds)
        if isinstance(each, Round) and each.contender == "jax A/A"
        else each
        for each in second.events
        if getattr(each, "contender", "") != "jax"
        and not (isinstance(each, WorkerInfo) and each.contender == "jax A/A")
    ]
    torch_control = msgspec.structs.replace(torch, name="torch A/A", control_of="torch")
    missing = msgspec.structs.replace(jax, version="", missing="not installed")
    plan = msgspec.structs.replace(second.header.plan, reference="torch")
    second.header = msgspec.structs.replace(
        second.header,
        name="second",
        plan=plan,
        contenders=[missing, torch, tensorflow, torch_control],
    )
    return first, second


def test_several_records_stand_side_by_side_but_rank_nobody():
    first, second = two_runs()
    summary = summarise(first, second)
    (cell,) = summary.speed
    jax, _, control, torch, torch_control = cell.rows
    names = ["jax", "tensorflow", "jax A/A", "torch", "torch A/A"]
    assert [row.contender for row in cell.rows] == names
    # An A/A control is compared with its own original, in the blocks that both have.
    assert torch_control.times_reference.value == pytest.approx(control.times_reference.value)
    assert (torch_control.control_of, torch_control.verdict) == ("torch", "same")
    assert (cell.reference, jax.shares_blocks, torch.shares_blocks) == ("jax", True, False)
    # Welch's interval: both have the same spread over four launches, so 6 degrees of freedom.
    times = torch.times_reference
    spread = np.std(np.log([1.05, 0.975, 0.975, 1.0]), ddof=1)
    half = 2.4469 * spread * np.sqrt(2 / 4)
    assert (times.value, np.log(times.high / 4)) == pytest.approx((4, half), rel=1e-4)
    assert (
        "fastest for ae400 at batch 32: jax leads, but shared no blocks with torch" in cell.answer
    )
    assert "not from the same blocks" in summary.notices[0]
    for rows in (summary.footprint, summary.quality):
        assert [row.contender for row in rows if not row.failure] == ["jax", "torch"]
    shown = printed(render_summary(summary))
    assert "4.00 ±6.2 % †" in shown
    assert "1.000 ±1.9 % ‡" in shown and "‡ compared with its own original" in shown
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert shown.count("Machine: ") == 1
    text = whole(document.make(summary, [], ["a/record.jsonl", "b/record.jsonl"]))
    assert "`a/record.jsonl`" in text and "`b/record.jsonl`" in text


def test_blocks_of_runs_of_one_contender_each_are_all_counted():
    runs = two_runs()
    for made in runs:
        made.events = [
            msgspec.structs.replace(each, disturbed=True) if isinstance(each, Block) else each
            for each in made.events
        ]
    (cell,) = summarise(*runs).speed
    # Eight blocks of each run count, and one of each was repeated.
    assert (cell.blocks, cell.disturbed, cell.repeated) == (16, 16, 2)
    (table,) = tables.speed(summarise(*runs))
    noise = next(note for note in table.notes if note.startswith("Noise: "))
    assert "2 disturbed blocks repeated" in noise and "disturbed 16 of the 16 that count" in noise
    assert "16 blocks of 50 steps in 4 launches of each run" in table.notes[-1]


def test_throughputs_that_point_another_way_than_pairs_are_not_shown():
    summary = summarise(sample.make())
    (cell,) = summary.speed
    jax, torch, *_ = cell.rows
    assert torch.verdict == "slower" and not cell.contradicted(torch)
    faster = Estimate(1.1 * jax.samples_per_second.value)
    rows = [jax, msgspec.structs.replace(torch, samples_per_second=faster)]
    other = msgspec.structs.replace(cell, rows=rows)
    assert other.contradicted(rows[1]) and not other.contradicted(jax)
    changed = msgspec.structs.replace(summary, speed=[other])
    (table,) = tables.speed(changed)
    assert table.rows[1][:2] == ["torch", "–"] and "slower" in table.rows[1]
    assert any(note.startswith("torch: its throughput isn't shown.") for note in table.notes)
    shown = wide(changed, THROUGHPUT)
    assert shown.rows[0][2] == "–" and "torch, train ae400, 32: no throughput" in shown.notes[1]


def test_the_leader_is_who_is_fastest_in_pairs():
    made = made_with("torch", 1.02 / 4)
    # In the last launch the machine is slow, and torch isn't there: by its seconds it would lead.
    made.events = [
        msgspec.structs.replace(each, seconds=2 * each.seconds)
        if isinstance(each, Round) and each.launch == 3 and each.block >= 0
        else each
        for each in made.events
        if not (isinstance(each, Round) and (each.launch, each.contender) == (3, "torch"))
    ]
    (cell,) = summarise(made).speed
    torch = cell.rows[1]
    assert torch.judged_ratio.value == pytest.approx(1.02, rel=1e-3)
    assert "jax leads" in cell.answer


def parts():
    """Return a record of training, cold starts and losses, and one of prediction."""
    first, second = sample.make(), sample.make()
    plan = first.header.plan
    first.header = msgspec.structs.replace(
        first.header, plan=msgspec.structs.replace(plan, passes=["parity", *plan.passes])
    )
    sizes = [msgspec.structs.replace(plan.sizes[0], workload="predict")]
    plan = msgspec.structs.replace(plan, passes=["parity", "speed"], sizes=sizes)
    cells = [msgspec.structs.replace(cell, workload="predict") for cell in second.header.cells]
    second.header = msgspec.structs.replace(second.header, name="second", plan=plan, cells=cells)
    measured = (each for each in second.events if isinstance(each, (Round, Block)))
    second.events = [msgspec.structs.replace(each, workload="predict") for each in measured]
    for made, difference in ((first, 0.2), (second, 0.1)):
        for contender in ("jax", "torch"):
            made.events.append(Parity(contender, "ae400", "loss", difference, 0.5))
    return first, second


def test_runs_that_measured_different_things_stand_under_one_name():
    summary = summarise(*parts())
    train, predict = summary.speed
    names = {"jax": "", "torch": "slower", "tensorflow": "", "jax A/A": "same"}
    for cell, workload in ((train, "train"), (predict, "predict")):
        assert cell.workload == workload
        assert {row.contender: row.verdict for row in cell.rows} == names
        assert cell.fastest == "jax"
    found = [(row.contender, *(each.difference for each in row.checks)) for row in summary.parity]
    assert found == [("jax", 0.2), ("torch", 0.2), ("tensorflow",)]
    turned = summarise(*reversed(parts())).parity
    assert [each.difference for row in turned for each in row.checks] == [0.2, 0.2]
    assert "in one run and in another compares roughly." in summary.notices[0]
    assert not any("tox -e cross-environment" in each for each in summary.notices)


def test_what_two_such_runs_both_say_is_said_once():
    runs = parts()
    for made in runs:
        asked = [
            msgspec.structs.replace(each, settings={"jit": "on"} if each.name == "jax" else {})
            for each in made.header.contenders
        ]
        made.header = msgspec.structs.replace(made.header, contenders=asked)
        worker = next(each for each in runs[0].of(WorkerInfo) if each.contender == "jax")
        settings = {"jit_compile": "False"}
        made.events.insert(0, msgspec.structs.replace(worker, settings=settings))
    told = [each for each in summarise(*runs).notices if "is in force" in each]
    assert told == ["jax asked for jit_compile True, and False is in force."]


def test_such_runs_are_told_apart_where_something_else_differs():
    first, second = parts()
    settings = {"threads": "1"}
    torch = msgspec.structs.replace(second.header.contenders[1], settings=settings)
    second.header = msgspec.structs.replace(
        second.header, contenders=[second.header.contenders[0], torch]
    )
    cells = summarise(first, second).speed
    assert [cell.short for cell in cells] == [
        "train ae400, 32, sample",
        "predict ae400, 32, second",
    ]
    rows = [[row.contender for row in cell.rows if row.rounds] for cell in cells]
    assert rows == [["jax", "torch", "jax A/A"], ["jax", "torch"]]
    checks = parts()
    for made in checks:
        plan = msgspec.structs.replace(made.header.plan, passes=["parity"])
        made.header = msgspec.structs.replace(made.header, plan=plan, cells=[])
    told = [row.contender for row in summarise(*checks).parity if row.checks]
    assert told == ["jax (sample)", "torch (sample)", "jax (second)", "torch (second)"]
    first, second = parts()
    machine = msgspec.structs.replace(second.header.machine, processor="Another")
    second.header = msgspec.structs.replace(second.header, machine=machine)
    cells = summarise(first, second).speed
    assert [cell.label for cell in cells] == ["Processor", "Another"]
    names = [row.contender for row in summarise(first, second).footprint if not row.failure]
    assert names == ["jax (sample)", "torch (sample)"]


def test_runs_on_machines_of_one_name_and_different_speed_say_so():
    def notices(seconds):
        runs = parts()
        for made, fixed in zip(runs, (0.02, seconds), strict=True):
            machine = msgspec.structs.replace(made.header.machine, fixed_work_seconds=fixed)
            made.header = msgspec.structs.replace(made.header, machine=machine)
        return [each for each in summarise(*runs).notices if "fixed work" in each]

    assert not notices(0.021) and not notices(None)
    assert notices(0.04) == [
        "When the run second began, fixed work took 2.00 times as long as when sample did: seconds "
        "of one and of the other can't be compared."
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 66, 72, 80])
def test_a_narrow_terminal_gets_every_figure_whole(summary, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(render_summary(summary))
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    for figure in ("16,000", "3.04", "0.2100", "3.75", "epochs"):
        assert figure in shown
    assert shown.count("…") == 1  # the shortened hash


def test_parts_of_a_run_on_machines_of_different_speed_are_told_apart():
    def notice(factor, epochs=2, images=60_000):
        made = sample.make()
        # 10,000 of 60,000 images take 1.5 s; a whole epoch of the speed pass takes 3.76 s.
        plan = msgspec.structs.replace(made.header.plan, quality_train_samples=images)
        data = msgspec.structs.replace(made.header.data, train_samples=images)
        plan = msgspec.structs.replace(plan, epochs=epochs)
        made.header = msgspec.structs.replace(made.header, plan=plan, data=data)
        losses = [each for each in made.events if isinstance(each, QualityEpoch)]
        made.events = [each for each in made.events if each not in losses] + [
            # The last epoch of both contenders, which includes the loss on the training images.
            msgspec.structs.replace(
                each,
                epoch=each.epoch - (2 - epochs),
                train_seconds=factor * 3.76 * images / 60_000,
            )
            for each in losses
            if each.contender == "jax" and each.epoch > 2 - epochs
        ]
        return [each for each in summarise(made).notices if "Epochs of the quality" in each]

    assert not notice(1.0) and not notice(1.2)
    (told,) = notice(0.5)
    assert "took 0.501 times as long as steps of the speed pass say" in told
    # A single epoch includes compiling, and a short epoch is mostly the call of fit itself.
    assert not notice(30, epochs=1) and not notice(3, images=6_000)


def test_a_run_that_was_carried_on_elsewhere_says_so():
    made = sample.make()
    assert not [each for each in summarise(made).notices if "carried on" in each]
    machine = msgspec.structs.replace(made.header.machine, fixed_work_seconds=0.02)
    made.header = msgspec.structs.replace(made.header, machine=machine)
    for seconds, count in ((0.021, 0), (0.01, 1), (None, 1)):
        made.events.insert(0, Resume("2026-01-02", [], [], seconds))
        found = [each for each in summarise(made).notices if "was carried on (2026-01-02)" in each]
        assert len(found) == count
    assert "took 0.500 times as long as at its beginning" in found[0]
    whole, cut = (" ".join(tables.facts(summarise(each))) for each in (sample.make(), made))
    assert "carried on" not in whole
    assert "carried on 2026-01-02, 2026-01-02 and 2026-01-02, order seed" in cut


def test_a_title_says_what_a_report_is_about():
    def title(*records, **without):
        summary = msgspec.structs.replace(summarise(*records), **without)
        return document.make(summary, [], ["records/a.jsonl"] * len(records)).title

    first = sample.make()
    plan = msgspec.structs.replace(first.header.plan, quality_train_samples=1000)
    few = sample.make()
    few.header = msgspec.structs.replace(few.header, plan=plan)
    assert title(first) == "Keras backends on Processor, 2 cores, 2026-01-01"
    assert title(first, speed=[]).startswith("Autoencoders trained by Keras backends on")
    assert title(first, few, speed=[]).startswith("Autoencoders trained on fewer images, on")
    assert title(first, speed=[], quality=[]).startswith("Where time and memory go with")


def test_models_that_by_plan_were_not_compared_have_no_row_of_parity():
    made = sample.make()
    wide = msgspec.structs.replace(made.header.models[0], name="ae800")
    passes = ["parity", "speed", "footprint"]
    plan = msgspec.structs.replace(made.header.plan, measured_in_full=["ae400"], passes=passes)
    models = [made.header.models[0], wide]
    made.header = msgspec.structs.replace(made.header, plan=plan, models=models)
    summary = summarise(made)
    assert {row.model for row in summary.parity} == {row.model for row in summary.footprint}
    assert {row.model for row in summary.parity} == {"ae400"}
    # What wasn't compared is no precision beside which the others are a class of their own.
    notes = [note for table in tables.speed(summary) for note in table.notes]
    assert not any("a class of its own" in note for note in notes)


def test_models_that_by_plan_were_not_started_cold_are_told():
    def notes(started):
        made = sample.make()
        wide = msgspec.structs.replace(made.header.models[0], name="ae800")
        plan = msgspec.structs.replace(made.header.plan, measured_in_full=started)
        made.header = msgspec.structs.replace(
            made.header, plan=plan, models=[made.header.models[0], wide]
        )
        (seconds, *_) = tables.footprint(summarise(made))
        return [note for note in seconds.notes if "started cold" in note]

    assert notes(None) == []
    (note,) = notes(["ae400"])
    assert note.startswith("By plan only ae400 was started cold: ")
