"""Check that the reference pages are what the parser and ``aebench list`` give."""

import reference
from aebench.bench.cli.commands import COMMANDS


def test_the_committed_pages_are_what_the_code_gives():
    for name, text in reference.pages().items():
        committed = (reference.FOLDER / name).read_text(encoding="utf-8")
        assert committed == text, f"run python tools/reference.py ({name})"


def test_every_command_and_every_option_is_on_the_page():
    page = reference.options()
    for command in COMMANDS:
        assert f"\n## aebench {command.name}\n\n{command.help}" in page
    assert "| `--until RULE` | Start launches until enough is known" in page
    assert "such as 3%." in page
    assert "| `--baselines, --no-baselines` |" in page


def test_a_bar_in_an_entry_does_not_end_the_column():
    assert reference.table(["a"], [("x|y",)])[-1] == "| x\\|y |"
