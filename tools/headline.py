"""Write the headline figures of the published reports into README.md: ``python tools/headline.py``.

The figures are computed from the published records alone, and replace the text between two marks.
"""

from pathlib import Path

from aebench.reports import markdown, studies
from aebench.reports.headline import sentences
from aebench.reports.journal import load
from aebench.reports.manifest import records
from aebench.reports.site import PUBLISHED
from aebench.reports.summary import FULL_TRAINING_EPOCHS, Summary, summarise
from aebench.reports.tables import Table, overview, quality

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- headline: python tools/headline.py -->", "<!-- end of headline -->"
_LOSS_COLUMNS = 4


def text() -> str:
    """Return the text for the place between the two marks in README.md."""
    speed, trained = summary("three-backends"), summary("original")
    glance, *_ = overview(speed)
    (losses,) = quality(trained)
    narrow = [row[:_LOSS_COLUMNS] for row in losses.rows]
    lines = [
        *sentences(speed),
        f"Note on the figures above and in the next table: {' '.join(speed.notices)}",
        *table(glance, glance.columns, glance.rows),
        *(
            markdown.plain(text)
            for study in studies.named(list(trained.studies))
            for text in study.headline(trained)
        ),
        *table(losses, losses.columns[:_LOSS_COLUMNS], narrow),
        f"After {FULL_TRAINING_EPOCHS} epochs at batch 32; seeds: {seeds(trained)}. Brackets are "
        "95 % intervals of a mean over seeds. A single seed has no interval: the loss from another "
        "seed may differ by any amount. Backends are not compared by these losses.",
    ]
    return "\n\n".join(lines)


def seeds(trained: Summary) -> str:
    """List the contenders with the number of seeds that they were trained from."""
    counts = {row.contender: row.seeds for row in trained.quality}
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def summary(name: str) -> Summary:
    """Return the summary of a published report's records."""
    return summarise(*map(load, records(PUBLISHED / name)))


def table(whole: Table, columns: list[str], rows: list[list[str]]) -> list[str]:
    """Render a table, or a part of one, in Markdown."""
    rule = markdown.rule(whole.lefts[: len(columns)])
    return ["\n".join([markdown.row(columns), rule, *map(markdown.row, rows)])]


def put(readme: str) -> str:
    """Return a README in which the text between the two marks is replaced."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(put(README.read_text(encoding="utf-8")), encoding="utf-8")
