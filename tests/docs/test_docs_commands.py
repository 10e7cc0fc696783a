"""Check the docs' commands: the parser takes them, tox has the environments, cheap ones run."""

import configparser
import re
import shlex

import pytest

from aebench.bench.cli import parser
from aebench.bench.errors import BadInputError
from helpers import forked
from helpers.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Commands that read what is in the repository, or nothing.
CHEAP = {"list"}


def commands():
    """Return the commands in code blocks: a page's name and the words, without the comment."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S):
            for line in block.splitlines():
                words = shlex.split(line, comments=True) if starts(line) else []
                if words[:2] == ["pipx", "run"]:
                    words = words[2:]
                if words:
                    found.append((page.name, [words[0].rpartition("/")[2], *words[1:]]))
    return found


def starts(line):
    """Return whether a line of a code block is a command of aebench or tox."""
    return re.match(r"(?:pipx run )?(?:[\w./-]+/)?(?:aebench|tox) ", line)


def environments():
    """Return the commands of tox's environments by their names; those with factors too."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    found = {}
    for section in tox.sections():
        _, colon, name = section.partition(":")
        for each in name.strip("{}").split(",") if colon else []:
            found[each] = tox[section]["commands"].replace("\\\n", " ").strip()
    return found


def of_tox(words):
    """Return the environments of a tox command, and the words for aebench that they make of it."""
    assert words[:2] == ["tox", "-e"]
    names = words[2].split(",")
    positional = words[words.index("--") + 1 :] if "--" in words else []
    made = []
    for name in names:
        for line in environments().get(name, "").splitlines():
            if line.startswith("aebench "):
                before, mark, after = line.partition("{posargs}")
                made.append([*shlex.split(before), *positional * bool(mark), *shlex.split(after)])
    return names, made


COMMANDS = commands()
ALL_WORDS = [words for _, words in COMMANDS]


def test_the_docs_have_commands_of_both_kinds():
    assert sum(words[0] == "aebench" for words in ALL_WORDS) > 40
    assert sum(words[0] == "tox" for words in ALL_WORDS) > 15


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=[shlex.join(each) for each in ALL_WORDS])
def test_a_command_in_the_docs_is_one(page, words):
    if words[0] == "tox":
        names, made = of_tox(words)
        assert set(names) <= set(environments()), page
    else:
        made = [words]
    for _, *arguments in made:
        parser.check_words(arguments)
        assert parser.make().parse_args(arguments)


def test_commands_of_the_example_workflows_are_some():
    for path in (ROOT / "examples" / "ci").glob("*.yml"):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line.partition("||")[0] for line in text.splitlines() if starts(line.strip())]
        assert lines, path
        for line in lines:
            _, *arguments = shlex.split(re.sub(r"\$\{\{.*?\}\}", "0000000", line))
            assert parser.make().parse_args(arguments)


@pytest.mark.parametrize(
    "words",
    [["tox", "-e", "compare", "--", "--mode", "ae400"], ["tox", "-e", "site", "--", "--out"]],
)
def test_a_wrong_option_behind_the_dashes_of_tox_is_found(words):
    _, ((_, *arguments),) = of_tox(words)
    with pytest.raises(BadInputError):
        parser.make().parse_args(arguments)


def test_cheap_commands_in_the_docs_run():
    cheap = [
        words[1:]
        for words in dict.fromkeys(map(tuple, ALL_WORDS))
        if words[0] == "aebench" and (words[1] in CHEAP or "docs/measured/" in " ".join(words))
    ]
    dry = [
        made
        for words in dict.fromkeys(map(tuple, ALL_WORDS))
        if words[0] == "tox" and words[-1] == "--dry-run"
        for _, *made in of_tox(list(words))[1]
    ]
    assert len(cheap) >= 2 and len(dry) >= 1
    dry = [[*made, "--data", "embedded"] for made in dry]
    for arguments in (*cheap, *dry, ["--help"]):
        done = forked.run(ROOT, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert done.stdout
