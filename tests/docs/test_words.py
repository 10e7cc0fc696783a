"""Check that words which the glossary replaced appear nowhere in what people read.

``words.txt`` in the same folder is the list. Old records and old commands use replaced words, and
are still read: :mod:`aebench.reports.record.schema_5` and the table of renamed options have them.
"""

import re
import subprocess
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import pytest

from helpers.paths import ROOT

LIST = Path(__file__).with_name("words.txt")
READ_BY_PEOPLE = {".py", ".md", ".toml", ".ini", ".yml", ".yaml", ".j2", ".cff", ".txt"}
# Measured and published files stay as they are. The other files are about the old words.
EXCEPT = (
    "reports/published/",
    "docs/measured/",
    "reports/record/schema_5.py",
    "bench/plan/renamed_options.py",
    "docs/glossary.md",
    "tests/docs/words.txt",
    "tests/docs/test_words.py",
    "tests/reports/test_schema_5.py",
    "tests/reports/test_published_figures.py",
    "tests/bench/cli/test_renamed.py",
    "CHANGELOG.md",
    "constraints.txt",
)


@dataclass(frozen=True)
class Word:
    """Hold a replaced word: how to find it, what to write, and phrases in which it is allowed."""

    name: str
    pattern: re.Pattern[str]
    replacement: str
    allowed: tuple[str, ...]

    def found_in(self, line: str) -> bool:
        """Return whether a line has the word outside the allowed phrases."""
        text = line if self.name.startswith("/") else plain(line)
        if not self.pattern.search(text):
            return False
        for phrase in self.allowed:
            text = re.sub(re.escape(phrase), " ", text, flags=re.IGNORECASE)
        return bool(self.pattern.search(text))


@lru_cache(maxsize=1)
def plain(line: str) -> str:
    """Return a line in lower case, with identifiers split into words."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", line)
    return re.sub(r"[_-]+", " ", apart).lower()


@cache
def words() -> tuple[Word, ...]:
    """Read the list of replaced words."""
    found = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, arrow, rest = line.partition(" -> ")
        assert arrow, f"{LIST.name}: no ' -> ' in {line!r}"
        replacement, _, phrases = rest.partition(" | ")
        allowed = tuple(phrase.strip() for phrase in phrases.split(",") if phrase.strip())
        expression = name.strip("/") if name.startswith("/") else rf"\b{re.escape(name)}(s|ed)?\b"
        found.append(Word(name, re.compile(expression), replacement, allowed))
    return tuple(found)


def replaced_words(text: str, file: str) -> list[str]:
    """Return a sentence for every replaced word in a text: file, line and what to write."""
    return [
        f"{file}:{number}: {word.name!r} was replaced: write {word.replacement!r}"
        for number, line in enumerate(text.splitlines(), 1)
        for word in words()
        if word.found_in(line)
    ]


def read_by_people() -> list[str]:
    """List the files of the repository that people read, without the exceptions."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a clone: git does not list the files")
    return [
        name
        for name in listed.stdout.splitlines()
        if Path(name).suffix in READ_BY_PEOPLE
        and not name.startswith(EXCEPT)
        and (ROOT / name).is_file()
    ]


def test_no_replaced_word_is_left():
    files = read_by_people()
    assert len(files) > 200
    found = [
        sentence
        for name in files
        for sentence in replaced_words((ROOT / name).read_text(encoding="utf-8"), name)
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "planted",
    [
        "# The twin is measured too.",
        "twin_of = 1",
        "class WithTwins:",
        "MOST_SLICES = 3",
        "A lead-in of two steps.",
        "lead_seconds: float",
        "It would see 3 %.",
        "a contaminated block",
        "| yardsticks |",
        "def told(self) -> dict[str, str]:",
        "RunOptions many steps there are.",
        "``recipe`` : Hyperparameters",
    ],
)
def test_a_planted_word_is_found_and_the_sentence_says_what_to_write(planted):
    (sentence,) = replaced_words(f"fine\n{planted}\n", "some/file.py")
    assert re.fullmatch(r"some/file\.py:2: '.+' was replaced: write '.+'", sentence)


@pytest.mark.parametrize(
    "fine",
    [
        "images[slice(0, 3)]",
        "jax.lax.dynamic_slice(images, start, sizes)",
        "A round of the A/A control is one timed run.",
        "from aebench.bench.plan.run_options import RunOptions",
        'kinds.get("guest", 0.0)',
        "indoors, rivalry and predefinition are other words",
    ],
)
def test_ordinary_words_are_not_refused(fine):
    assert replaced_words(fine, "some/file.py") == []
