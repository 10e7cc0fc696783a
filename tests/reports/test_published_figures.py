"""Check that the committed records give the same figures as before, to the last digit.

``tests/golden/published-figures.csv.xz`` holds the figures of every report's ``data.csv``. Its
first column is the report's folder or the record's name; the other columns are those of
``data.csv``. Where the analysis is meant to change, this file, run as a program, writes it anew and
prints how many of which figures changed.
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


def expected():
    """Return the expected figures by report."""
    found = {}
    for report, *line in csv.reader(io.StringIO(lzma.decompress(GOLDEN.read_bytes()).decode())):
        found.setdefault(report, []).append(tuple(line))
    return found


EXPECTED = expected()


def records(report):
    """Return the paths of the records of a report."""
    published = ROOT / "reports" / "published" / report / "records"
    if published.is_dir():
        return sorted(published.glob("*.jsonl*"))
    return sorted((ROOT / "docs" / "measured").glob(f"{report}.jsonl*"))


def test_every_committed_record_is_compared():
    committed = {path.name for path in (ROOT / "reports" / "published").iterdir()}
    committed |= {
        path.name.partition(".")[0] for path in (ROOT / "docs" / "measured").glob("*.jsonl*")
    }
    assert set(EXPECTED) == {name for name in committed if records(name)}


def derived(report):
    """Return the figures of a report, as the present code derives them from its records."""
    summary = summarise(*(record for _, record in load_all(records(report))))
    return [
        tuple("" if entry is None else str(entry) for entry in line)
        for line in csv_export.lines(summary)
    ]


@pytest.mark.parametrize("report", EXPECTED)
def test_the_figures_of_a_committed_record_are_what_they_were(report):
    missing = Counter(EXPECTED[report]) - Counter(derived(report))
    assert not missing, f"{missing.total()} figures differ, such as {list(missing)[:3]}"


def renew():
    """Write the expected figures anew, and print how many of each figure changed."""
    published = [path.name for path in (ROOT / "reports" / "published").iterdir()]
    measured = [path.name.partition(".")[0] for path in (ROOT / "docs" / "measured").glob("*.zst")]
    text = io.StringIO()
    writer = csv.writer(text)
    changed = Counter()
    for report in sorted(name for name in {*published, *measured} if records(name)):
        lines = derived(report)
        writer.writerows((report, *line) for line in lines)
        for line in Counter(EXPECTED.get(report, [])) - Counter(lines):
            changed[line[4]] += 1
    GOLDEN.write_bytes(lzma.compress(text.getvalue().encode(), preset=9))
    for figure, count in changed.most_common():
        print(f"{count:6} {figure}")


if __name__ == "__main__":
    renew()
