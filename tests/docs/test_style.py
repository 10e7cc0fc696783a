"""Check what STYLE.md claims of this code."""

import re

import pytest

from helpers.paths import ROOT

STYLE = (ROOT / "STYLE.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"From `([\w/.]+)`:\n\n```python\n(.*?)```", STYLE, re.DOTALL)
# The speed pass has more files than the one with its name; the parent judges parity.
PASSES = ("parity", "speed", "footprint", "quality", "profile", "memory")
ROOMS = ("bench/campaign/passes", "bench/worker/passes", "bench/protocol/messages")
ROOMS += ("reports/summary", "reports/tables")


@pytest.mark.parametrize(("file", "quotation"), QUOTED)
def test_what_style_quotes_is_in_the_code(file, quotation):
    assert quotation in (ROOT / file).read_text(encoding="utf-8")


def test_style_quotes_an_example_for_every_rule_of_form():
    assert len(QUOTED) == STYLE.count("```python") >= 6
    assert len(STYLE.split()) < 750, "one page"


@pytest.mark.parametrize("room", ROOMS)
def test_a_pass_has_one_name_in_every_room(room):
    missing = [name for name in PASSES if not (ROOT / room / f"{name}.py").exists()]
    assert not missing


def test_the_glossary_has_at_most_25_entries():
    rows = re.findall(r"^\| (?!word |---).+\|$", (ROOT / "docs/glossary.md").read_text(), re.M)
    assert 15 < len(rows) <= 25
