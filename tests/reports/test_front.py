"""Test the front page of a report, and the pages behind it."""

from collections import Counter

import msgspec
import pytest

from aebench.reports import document, front, markdown, screen
from aebench.reports.record import Failure
from aebench.reports.sections import Drawn
from aebench.reports.statistics import Estimate
from aebench.reports.summary import ParityRow, summarise
from aebench.reports.tables import Table
from aebench.reports.tables.shared import Shared, shared_notes
from helpers import sample
from helpers.pages import whole

RATIOS = Drawn("ratios", "Ratios", "Throughput", 0)
LOSS = Drawn("loss", "Losses", "Quality", 1)


@pytest.fixture
def summary():
    return summarise(sample.make())


def pages(summary, *drawn):
    return markdown.render(document.make(summary, drawn, ["records/sample.jsonl"]))


def much(summary):
    """Return a summary with more of everything than a page has room for."""
    (cell,) = summary.speed
    rows = [
        msgspec.structs.replace(cell.rows[1], contender=f"torch {number}") for number in range(12)
    ]
    cells = [
        msgspec.structs.replace(cell, batch_size=size, rows=[*cell.rows, *rows])
        for size in range(1, 101)
    ]
    return msgspec.structs.replace(
        summary,
        speed=cells,
        notices=[f"Notice {number}." for number in range(50)],
        failures=[Failure("speed", "torch", "ae400", 0, f"why {n}", "") for n in range(50)],
        parity=[ParityRow("ae400", f"torch {n}", differs="step differs") for n in range(50)],
    )


def test_a_front_page_has_at_most_120_lines_however_much_was_measured(summary):
    for content in (summary, much(summary)):
        text = pages(content, RATIOS)["README.md"]
        assert len(text.splitlines()) <= 120
        for heading in ("## Can I trust this?", "## Why", "## How it was measured", "## More"):
            assert text.count(heading) == 1
    assert "45 more notes are on the page on machine and facts." in text
    machine = pages(content)["machine.md"]
    assert "Notice 49." in machine and "Notice 4." not in machine
    assert "why 49" in machine


def test_the_table_of_the_front_page_is_that_of_the_last_screen(summary):
    page = document.make(summary, [RATIOS], ["records/sample.jsonl"])
    assert page.front.table.rows == screen.screen(summary).table.rows
    assert page.front.trust == screen.screen(summary).trust
    assert page.front.figure == ("ratios", "Ratios")
    # Where it says ± a reader who points at it is told the interval.
    assert page.front.table.hint(0, 2) == "× 3.99600 [3.99578, 3.99622] slower"


def test_who_was_not_measured_is_there_with_the_reason(summary):
    page = document.make(summary, [], ["records/sample.jsonl"])
    assert page.front.table.rows[0][3] == "–"
    assert "tensorflow: not installed" in page.front.table.notes


def test_little_trust_is_read_first(summary):
    assert not document.make(summary, [], ["a"]).front.doubtful
    (cell,) = summary.speed
    busy = msgspec.structs.replace(cell, disturbed=cell.blocks)
    text = pages(msgspec.structs.replace(summary, speed=[busy]))["README.md"]
    assert text.index("## Can I trust this?") < text.index("A cold start takes")
    text = pages(summary)["README.md"]
    assert text.index("## Can I trust this?") > text.index("A cold start takes")


def test_without_speed_the_losses_or_the_profile_lead(summary):
    quiet = msgspec.structs.replace(summary, speed=[], break_even=[])
    page = document.make(quiet, [LOSS], ["a"])
    assert page.front.table.title == "Losses after training"
    assert page.front.figure == ("loss", "Losses")
    shown = whole(page)
    assert shown.count("### Losses after training") == shown.count("figures/loss.svg") == 1
    traced = msgspec.structs.replace(quiet, quality=[], footprint=[])
    page = document.make(traced, [], ["a"])
    assert page.front.table.title == "Where the time goes: ae400, training, batch 32"


def test_a_page_with_nothing_to_say_is_left_out(summary):
    names = ["README.md", "speed.md", "footprint.md", "quality.md", "profile.md", "trust.md"]
    assert [*pages(summary)] == [*names, "machine.md"]
    empty = ("footprint", "break_even", "profile", "memory", "memory_loops")
    bare = msgspec.structs.replace(summary, **{name: [] for name in empty})
    found = pages(bare)
    assert [*found] == ["README.md", "speed.md", "quality.md", "trust.md", "machine.md"]
    # Every page is linked to, and links back.
    for name, text in found.items():
        assert name == "README.md" or f"]({name})" in found["README.md"]
        assert name == "README.md" or "(README.md)" in text


def test_no_note_stands_twice_on_a_page(summary):
    (cell,) = summary.speed
    other = msgspec.structs.replace(cell, batch_size=500, noise_floor=0.03, blocks=80)
    text = pages(msgspec.structs.replace(summary, speed=[cell, other]))["speed.md"]
    counts = Counter(line for line in text.splitlines() if line.startswith("- "))
    shared = "- Faster or slower: wholly beyond 1 %; same: wholly within 3 %; by intervals "
    assert sum(line.startswith(shared) for line in counts) == 1
    assert counts["- tensorflow: not installed"] == 1
    assert text.index(shared) < text.index("### train ae400, batch 32")
    # What a table says of its own measurements stays with the table.
    assert counts["- MDE: torch 1 % (1 % to 1 %)."] == 2


def test_notes_that_disagree_stay_where_they_hold():
    def table(*notes):
        return Table("t", ["a"], [], list(map(Shared, notes)))

    tables = [table("x: one", "y: it"), table("x: one", "y: it"), table("x: other")]
    assert shared_notes(tables) == ["y: it"]
    assert tables[0].without(["y: it"]).notes == ["x: one"]
    # A note that isn't shared is never taken away.
    assert Table("t", ["a"], [], ["y: it"]).without(["y: it"]).notes == ["y: it"]


def test_why_is_said_as_far_as_it_was_measured(summary):
    (cell,) = summary.speed
    jax, torch, *others = cell.rows
    torch = msgspec.structs.replace(
        torch, times_products=Estimate(1.5), of_native=Estimate(0.35), of_limit=Estimate(0.1)
    )
    jax = msgspec.structs.replace(jax, of_native=Estimate(0.9))
    known = msgspec.structs.replace(cell, rows=[jax, torch, *others])
    told = front.why(msgspec.structs.replace(summary, speed=[known]), said=[])
    assert told[0] == (
        "By the libraries' matrix products alone, a step would take 1.50 (torch) times as long as "
        "jax's. Another processor changes that."
    )
    assert told[1] == (
        "Of the throughput of its framework without Keras, jax reaches 90 % and torch reaches 35 %."
    )
    assert told[2].endswith("torch reaches 10 %.")
    # Nothing is said twice, and nothing that wasn't measured.
    assert front.why(summary, said=front.why(summary, said=[])) == []
    assert front.why(msgspec.structs.replace(summary, profile=[]), said=[]) == []


def test_the_command_of_an_earlier_version_is_not_said_to_repeat_the_run(summary):
    assert "`aebench run` repeats the run." in pages(summary)["README.md"]
    (run,) = summary.runs
    old = msgspec.structs.replace(summary, runs=[msgspec.structs.replace(run, schema=5)])
    said = "`aebench run` made the run in an earlier version, with other options and sizes."
    assert said in pages(old)["README.md"]
    assert document.make(old, [], ["records/sample.jsonl"]).records[0].schema == 5
