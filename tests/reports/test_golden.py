"""Compare the whole report in Markdown with the expected text, and check for injected text.

``python tests/reports/test_golden.py`` replaces the expected text: read the difference first.
"""

from aebench.reports import document, markdown
from aebench.reports.sections import Drawn
from aebench.reports.summary import summarise
from helpers import sample
from helpers.paths import ROOT

GOLDEN = ROOT / "tests" / "golden" / "report.md"
FIGURES = [
    Drawn("throughput", "Throughput", "Throughput", 1),
    Drawn("loss", "Losses", "Quality", 1),
    Drawn("digits", "Images", "Reconstructions", 1),
]


def rendered() -> str:
    return markdown.render(
        document.make(summarise(sample.make()), FIGURES, ["records/sample.jsonl"])
    )


def test_the_report_is_word_for_word_what_it_was():
    assert rendered() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(rendered(), encoding="utf-8")
