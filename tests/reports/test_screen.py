"""Test the last screen of a run: it fits, and says how far to trust it."""

import io

import msgspec
import pytest
from rich.console import Console

from aebench.reports.record import Failure, StoppingRule
from aebench.reports.record.header import WIDTH as BY_WIDTH
from aebench.reports.screen import MOST_CELLS, screen
from aebench.reports.summary import ParityRow, summarise
from aebench.reports.summary.speed_rows import Stopping
from aebench.reports.tables import Table
from aebench.reports.terminal import WIDTH, render, render_screen
from helpers import sample


@pytest.fixture
def summary():
    return summarise(sample.make())


def printed(summary, width=WIDTH):
    console = Console(file=io.StringIO(), width=width)
    console.print(render_screen(summary))
    return console.file.getvalue()


def many(summary, count):
    """Return a summary with its cell at so many batch sizes."""
    (cell,) = summary.speed
    cells = [msgspec.structs.replace(cell, batch_size=32 + each) for each in range(count)]
    return msgspec.structs.replace(summary, speed=cells)


@pytest.mark.parametrize("count", [1, MOST_CELLS, 100])
def test_a_screen_has_at_most_40_lines_of_100_columns(summary, count):
    lines = printed(many(summary, count)).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= WIDTH
    more = f"{count - MOST_CELLS} more cells are in the details."
    assert (more in "".join(lines)) is (count > MOST_CELLS)


@pytest.mark.parametrize("width", [40, 80])
def test_a_narrow_terminal_cuts_nothing(summary, width):
    shown = printed(summary, width)
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown


def test_a_sentence_is_there_once(summary):
    shown = " ".join(printed(summary).split())
    sentences = [each for each in shown.split(". ") if len(each.split()) > 3]
    assert len(sentences) == len(set(sentences))


def test_who_differs_is_named_with_the_reason(summary):
    same, other = ParityRow("ae400", "jax"), ParityRow("ae400", "torch", differs="step differs")
    trust = screen(msgspec.structs.replace(summary, parity=[same, other])).trust
    assert trust[0] == "Shown to be the same model: 1 of 2; not ae400 torch (step differs)."
    unchecked = screen(summary).trust
    assert unchecked[0] == "That the contenders are the same model wasn't checked."


def test_what_is_undecided_is_counted_with_what_would_help(summary):
    (cell,) = summary.speed
    rows = [
        msgspec.structs.replace(row, verdict="inconclusive") if row.adjusted else row
        for row in cell.rows
    ]
    judged = sum(row.adjusted is not None and not row.control_of for row in rows)
    open_ones = msgspec.structs.replace(cell, rows=rows)
    told = screen(msgspec.structs.replace(summary, speed=[open_ones])).trust
    assert told[-1].startswith(f"Undecided: {judged} of {judged} comparisons; --until decided")
    alone = msgspec.structs.replace(open_ones, launches=1)
    assert "--launches 3" in screen(msgspec.structs.replace(summary, speed=[alone])).trust[-1]


@pytest.mark.parametrize(("needed", "told"), [(3, "1 of 1"), (40, "0 of 1"), (None, "0 of 1")])
def test_launches_that_were_not_allowed_are_not_enough(summary, needed, told):
    (cell,) = summary.speed
    rule = StoppingRule(BY_WIDTH, 3, 12, 0.03)
    ruled = msgspec.structs.replace(cell, launches=12, stopping=Stopping(rule, 0.95, needed))
    said = screen(msgspec.structs.replace(summary, speed=[ruled])).trust[-1]
    assert said == f"Until ±3 %: enough launches in {told} cells, after 12 of at most 12 launches."


def test_little_trust_is_read_first(summary):
    (cell,) = summary.speed
    busy = msgspec.structs.replace(cell, disturbed=cell.blocks)
    shown = printed(msgspec.structs.replace(summary, speed=[busy]))
    assert shown.index("Disturbed: ") < shown.index("samples/s")
    assert printed(summary).index("Disturbed: ") > printed(summary).index("samples/s")
    failed = [Failure("speed", "torch", "ae400", 0, "was killed by signal 9", "")]
    shown = printed(msgspec.structs.replace(summary, failures=failed))
    assert shown.startswith("! ") and shown.index("was killed") < shown.index("samples/s")


def test_a_run_without_speed_is_shown_whole(summary):
    quiet = msgspec.structs.replace(summary, speed=[])
    assert screen(quiet) is None
    assert printed(quiet).startswith("Cold start ")


def test_room_that_is_left_breaks_fewer_lines():
    # All of the last column's text needs a blank more than there is: one of its lines breaks.
    cells = ["train a model, 32", f"× {'1' * 18}", f"× {'2' * 20} inconclusive"]
    rows = [cells, ["train a model, 64", "× 2", "× 2 slower than before"]]
    console = Console(file=io.StringIO(), width=78)
    console.print(render([Table("", ["cell", "one", "other"], rows)]))
    assert "× 2 slower than before" in console.file.getvalue()
