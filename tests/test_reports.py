import io
import re

import msgspec
import pytest
import sample
from rich.console import Console

from reports import markdown, tables
from reports.record import ShortEpoch, Slice
from reports.summary import summarise
from reports.terminal import WIDTH, render, render_summary

HOSTILE = "\x1b[31m[red]<script>alert(1)</script>|`x`](http://x)\n# heading"


@pytest.fixture
def summary():
    return summarise(sample.make())


def printed(renderable, **options) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, **options)
    console.print(renderable)
    return console.file.getvalue()


def test_figures_follow_from_the_slices(summary):
    (cell,) = summary.speed
    jax, torch, tensorflow = cell.rows
    assert cell.blocks == 8
    # The median of 0.09 … 0.11 s for 50 steps of 32; the warm-up of 9 s isn't in it.
    assert jax.step_seconds.value == pytest.approx(0.1 / 50)
    assert jax.samples_per_second.value == pytest.approx(32 * 50 / 0.1)
    assert jax.times_reference is None
    # Every block's ratio is 4, whatever the blocks did.
    times = torch.times_reference
    assert (times.value, times.low, times.high) == pytest.approx((4, 4, 4))
    assert (torch.verdict, jax.verdict) == ("slower", "")
    assert torch.detectable == pytest.approx(0)
    assert tensorflow.samples_per_second is None
    assert tensorflow.failure == "not installed"
    # The end of an epoch: 4 ms seam and 3 ms first step, less a step of 2 ms.
    assert jax.epoch.fixed_seconds == pytest.approx(0.005)
    assert jax.epoch.seconds == pytest.approx(1875 * 0.002 + 0.005)
    assert jax.epoch.recipe_seconds == pytest.approx(0.3 + 20 * 3.755)
    assert (
        cell.answer
        == "jax trains ae400 at batch 32 fastest here: a step takes torch 4 times as long."
    )


def test_nobody_is_fastest_if_the_blocks_disagree():
    made = sample.make()
    changed = [
        type(event)(**{**{f: getattr(event, f) for f in event.__struct_fields__}, "seconds": each})
        if type(event).__name__ == "Slice" and event.contender == "torch" and event.block >= 0
        else event
        for event, each in (
            (event, 0.09 + 0.004 * (getattr(event, "block", 0) % 8)) for event in made.events
        )
    ]
    made.events[:] = changed
    (cell,) = summarise(made).speed
    assert "No backend is shown to be fastest" in cell.answer
    assert cell.rows[1].verdict in ("same", "inconclusive")


def test_terminal_golden(summary):
    shown = printed(render(tables.all_tables(summary)))
    expected = """\
 backend            samples/s [95 %]  ms/step  × jax's time  +ms/epoch  epoch s   20 epochs
 jax         16,000 [14,500, 17,800]     2.00             1       5.00     3.76  1 min 15 s
 torch          4,000 [3,640, 4,440]     8.00          4.00       5.00     15.0  5 min 00 s
 jax trains ae400 at batch 32 fastest here: a step takes torch 4 times as long.
 tensorflow: not installed
 ae400 jax         0.0400    2.00    1.00   3.04
 ae400 torch    12.0     240     600      600
 ae400 jax         0.2100  0.2000  0.0100              1.50         0.250 0.210
"""
    got = [line.rstrip() for line in shown.splitlines()]
    for line in expected.splitlines():
        assert line in got, shown
    assert max(map(len, got)) <= WIDTH
    assert any("tensorflow" in line and line.count("–") == 6 for line in got)


def test_everything_fits_into_100_columns(summary):
    shown = printed(render_summary(summary))
    assert max(len(line) for line in shown.splitlines()) <= WIDTH
    assert "…" not in re.sub(r"[0-9a-f]{12}…", "", shown)


def test_markdown_golden(summary):
    text = markdown.render(summary, [("loss", "Loss")], ["record.jsonl"])
    assert text.startswith(
        "# Keras backends on Processor, 2 cores\n\n"
        "- jax trains ae400 at batch 32 fastest here: a step takes torch 4 times as long.\n"
    )
    table = """\
## train ae400, batch 32

| backend | samples/s \\[95 %\\] | ms/step | × jax's time | +ms/epoch | epoch s | 20 epochs |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| jax | 16,000 \\[14,500, 17,800\\] | 2.00 | 1 | 5.00 | 3.76 | 1 min 15 s |
| torch | 4,000 \\[3,640, 4,440\\] | 8.00 | 4.00 | 5.00 | 15.0 | 5 min 00 s |
| tensorflow | – | – | – | – | – | – |

- jax trains ae400 at batch 32 fastest here: a step takes torch 4 times as long.
- tensorflow: not installed
"""
    assert table in text
    assert "![Loss](figures/loss.png)" in text
    assert "`aebench run`" in text


@pytest.mark.filterwarnings("ignore:Glyph")  # no font has the escape character
def test_a_hostile_record_is_only_text(tmp_path):
    hostile = summarise(sample.make(HOSTILE))
    shown = printed(render_summary(hostile), force_terminal=True, color_system=None)
    assert "\x1b[31m" not in shown
    assert "[red]" in shown
    text = markdown.write(hostile, tmp_path, [HOSTILE]).read_text()
    assert "\x1b" not in text
    assert "\n# heading" not in text
    # Outside of code, where nothing is markup, every sign that could be markup is escaped.
    prose = re.sub(r"`[^`\n]*`", "", text)
    assert re.findall(r"\\<script\\>", prose)
    assert not re.findall(r"(?<!\\)<|(?<!\\)\](?=\(http)", prose)
    # Every row keeps its number of cells.
    (rule,) = {line for line in text.splitlines() if line.startswith("| --- |")} & {
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    }
    rows = [line for line in text.splitlines() if line.startswith("| jax")]
    assert rows and all(len(re.findall(r"(?<!\\)\|", row)) == rule.count("|") for row in rows)


def test_report_writes_its_figures(summary, tmp_path):
    target = markdown.write(summary, tmp_path / "report", ["record.jsonl"])
    for name in re.findall(r"\(figures/(\w+)\.png\)", target.read_text()):
        assert (target.parent / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (target.parent / "figures" / f"{name}.svg").read_bytes()
    assert len(list((target.parent / "figures").iterdir())) == 6


def test_verdicts_wait_for_the_planned_number_of_blocks():
    made = sample.make()
    made.events = [each for each in made.events if getattr(each, "block", 0) < 7]
    (cell,) = summarise(made).speed
    assert cell.answer == (
        "Nobody is called fastest for ae400 at batch 32 (train): 7 of 8 blocks were measured."
    )


def test_who_is_not_steady_is_told():
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, seconds=each.seconds * (1 + each.block / 10))
        if isinstance(each, Slice) and each.contender == "torch" and each.block >= 0
        else each
        for each in made.events
    ]
    (cell,) = summarise(made).speed
    assert [row.drift is not None for row in cell.rows] == [False, True, False]
    shown = " ".join(printed(render_summary(summarise(made))).split())
    assert "torch: not steady, the last third of its slices took +5" in shown
    assert "jax: not steady" not in shown


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
    assert " ~0 " in shown
    assert "jax: what an epoch adds is lost in the noise of its steps" in shown
    assert "torch: what an epoch adds" not in shown


def test_an_unfinished_record_is_told_apart():
    made = sample.make()
    made.events.pop()
    assert "hasn't ended" in " ".join(summarise(made).notices)


def two_runs():
    """Return the sample, and one like it in which jax is missing and torch is twice as slow."""
    first, second = sample.make(), sample.make()
    first.events = [each for each in first.events if getattr(each, "contender", "") != "torch"]
    (jax, torch, tensorflow) = first.header.contenders
    missing = msgspec.structs.replace(torch, version="", missing="not installed")
    first.header = msgspec.structs.replace(first.header, contenders=[jax, missing, tensorflow])
    second.events = [each for each in second.events if getattr(each, "contender", "") != "jax"]
    missing = msgspec.structs.replace(jax, version="", missing="not installed")
    plan = msgspec.structs.replace(second.header.plan, reference="torch")
    second.header = msgspec.structs.replace(
        second.header, name="second", plan=plan, contenders=[missing, torch, tensorflow]
    )
    return first, second


def test_several_records_stand_side_by_side_but_rank_nobody():
    first, second = two_runs()
    summary = summarise(first, second)
    (cell,) = summary.speed
    jax, _, torch = cell.rows
    assert [row.contender for row in cell.rows] == ["jax", "tensorflow", "torch"]
    assert (cell.reference, jax.shares_blocks, torch.shares_blocks) == ("jax", True, False)
    # Both medians' ends at 97.5 %: with 8 slices these are the extremes, 0.9 and 1.1.
    times = torch.times_reference
    assert (times.value, times.low, times.high) == pytest.approx((4, 4 * 0.9 / 1.1, 4 * 1.1 / 0.9))
    assert (
        "fastest for ae400 at batch 32: jax leads, but shared no blocks with torch" in cell.answer
    )
    assert "not from the same blocks" in summary.notices[0]
    for rows in (summary.footprint, summary.quality):
        assert [row.contender for row in rows if not row.failure] == ["jax", "torch"]
    shown = printed(render_summary(summary))
    assert "4.00 [3.27, 4.89] †" in shown
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert shown.count("Machine: ") == 1
    text = markdown.render(summary, [], ["a/record.jsonl", "b/record.jsonl"])
    assert "`a/record.jsonl`" in text and "`b/record.jsonl`" in text


def test_the_same_contender_of_two_runs_is_told_apart():
    again = sample.make()
    again.header = msgspec.structs.replace(again.header, name="again")
    summary = summarise(sample.make(), again)
    names = [row.contender for row in summary.speed[0].rows]
    assert names == ["jax (sample)", "torch (sample)", "tensorflow", "jax (again)", "torch (again)"]
    shares = [row.shares_blocks for row in summary.speed[0].rows]
    assert shares == [True, True, True, False, False]
    assert sum("different data" in each for each in summary.notices) == 0
    other = msgspec.structs.replace(again.header.data, train_sha256="c" * 64)
    again.header = msgspec.structs.replace(again.header, data=other)
    assert any("different data" in each for each in summarise(sample.make(), again).notices)


@pytest.mark.parametrize("width", [20, 40, 60, 66, 72, 80])
def test_a_narrow_terminal_gets_every_figure_whole(summary, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(render_summary(summary))
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    for figure in ("16,000", "3.04", "0.2100", "3.76", "epochs"):
        assert figure in shown
    assert shown.count("…") == 1  # of the hash
