"""Check that the committed records give the same figures as before schema 6, to the last digit.

``tests/golden/published-figures.csv.xz`` holds the figures of every report's ``data.csv`` as of
schema 5. Its first column is the report's folder or the record's name; the other columns are those
of ``data.csv``.
"""

import csv
import io
import lzma
from collections import Counter

import pytest

from aebench.reports import csv_export
from aebench.reports.journal import load_all
from aebench.reports.summary import summarise
from helpers.paths import ROOT

GOLDEN = ROOT / "tests" / "golden" / "published-figures.csv.xz"
# The new names of figures, and the new words in these names.
FIGURES = {
    "blocks contaminated": "blocks disturbed",
    "other work, share": "background load, share",
    "stolen at worst, share": "steal at worst, share",
    "would see, share": "minimum detectable effect, share",
}
VERDICTS = {"yardstick": "baseline"}


def figure(name):
    """Return the new name of a figure."""
    if name.startswith("pays before "):
        return f"break-even {name.removeprefix('pays ')}"
    return FIGURES.get(name, name).replace(" twin", " A/A")


def expected():
    """Return the expected figures by report, with the new words."""
    text = lzma.decompress(GOLDEN.read_bytes()).decode()
    found = {}
    for report, *where, contender, name, value, low, high, unit, verdict in csv.reader(
        io.StringIO(text)
    ):
        line = (
            *where,
            contender.replace(" twin", " A/A"),
            figure(name),
            *(value, low, high, unit),
            VERDICTS.get(verdict, verdict),
        )
        found.setdefault(report, []).append(line)
    return found


EXPECTED = expected()


def records(report):
    """Return the paths of the records of a report."""
    published = ROOT / "reports" / "published" / report / "records"
    if published.is_dir():
        return sorted(published.glob("*.jsonl*"))
    return sorted((ROOT / "docs" / "measured").glob(f"{report}.jsonl*"))


# Records of the present schema, which no earlier code has read.
MEASURED_SINCE = {"quick-train-h100"}


def test_every_committed_record_is_compared():
    committed = {path.name for path in (ROOT / "reports" / "published").iterdir()}
    committed |= {
        path.name.partition(".")[0] for path in (ROOT / "docs" / "measured").glob("*.jsonl*")
    }
    assert set(EXPECTED) == {name for name in committed if records(name)} - MEASURED_SINCE


@pytest.mark.parametrize("report", EXPECTED)
def test_the_figures_of_a_committed_record_are_what_they_were(report):
    summary = summarise(*(record for _, record in load_all(records(report))))
    derived = Counter(
        tuple("" if entry is None else str(entry) for entry in line)
        for line in csv_export.lines(summary)
    )
    missing = Counter(EXPECTED[report]) - derived
    assert not missing, f"{missing.total()} figures differ, such as {list(missing)[:3]}"
