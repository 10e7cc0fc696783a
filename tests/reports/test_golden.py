"""Compare the report in Markdown, and a run's last screen, with the expected texts.

``python tests/reports/test_golden.py`` replaces the expected texts: read the difference first.
"""

import io

from rich.console import Console

from aebench.reports import document, markdown
from aebench.reports.sections import Drawn
from aebench.reports.summary import summarise
from aebench.reports.terminal import WIDTH, render_screen
from helpers import other_runs, sample
from helpers.paths import ROOT

GOLDEN = ROOT / "tests" / "golden" / "report.md"
SCREEN = ROOT / "tests" / "golden" / "screen.txt"
MACHINES = ROOT / "tests" / "golden" / "machines.md"
FIGURES = [
    Drawn("ratios", "Ratios", "Throughput", 0),
    Drawn("throughput", "Throughput", "Throughput", 1),
    Drawn("loss", "Losses", "Quality", 1),
    Drawn("digits", "Images", "Reconstructions", 1),
]


def rendered() -> str:
    """Return all pages, each under its name."""
    page = document.make(summarise(sample.make()), FIGURES, ["records/sample.jsonl"])
    return "\n".join(f"<!-- {name} -->\n{text}" for name, text in markdown.render(page).items())


def screen() -> str:
    console = Console(file=io.StringIO(), width=WIDTH)
    console.print(render_screen(summarise(sample.make())))
    return console.file.getvalue()


def machines() -> str:
    """Return what a report on three machines says of all of them, and how their ratios differ."""
    records = [
        other_runs.run(number, {"torch": factor}, processor=name)
        for number, (name, factor) in enumerate({"Abc": 1, "Def": 1.3, "Ghi": 1.1}.items())
    ]
    drawn = [*FIGURES, Drawn("machines", "Machines", "Throughput", 2)]
    summary = summarise(*records)
    page = document.make(summary, drawn, ["a.jsonl", "b.jsonl", "c.jsonl"])
    before, _, _ = markdown.render(page)["speed.md"].partition("## Throughput, cell by cell")
    return "\n\n".join([*page.answers, *summary.notices[:2], before])


def test_what_machines_say_together_is_word_for_word_what_it_was():
    assert machines() == MACHINES.read_text(encoding="utf-8")


def test_the_report_is_word_for_word_what_it_was():
    assert rendered() == GOLDEN.read_text(encoding="utf-8")


def test_the_last_screen_is_word_for_word_what_it_was():
    assert screen() == SCREEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(rendered(), encoding="utf-8")
    SCREEN.write_text(screen(), encoding="utf-8")
    MACHINES.write_text(machines(), encoding="utf-8")
