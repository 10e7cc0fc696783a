"""Test the escaping of Markdown with a parser of it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aebench.reports.markdown import alternative, plain, row
from aebench.reports.sanitize import printable

# As a Git host reads it: with tables, struck-out words and HTML.
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
CHARACTERS = "\\`*_{}[]<>()#|~!&;:+-=.12 x\nampltxX/?\"'"
texts = st.text(CHARACTERS) | st.text()


def shown(tokens):
    """Return the text that inline tokens show, without any markup."""
    kinds = {token.type for token in tokens}
    assert kinds <= {"text", "text_special", "softbreak"}, kinds
    return "".join("\n" if each.type == "softbreak" else each.content for each in tokens)


def words(text):
    return printable(text).split()


@given(texts)
@example("[a](http://b)")
@example("[x] done")
@example("1. first")
@example("a &lt; b")
@example("__init__ of conv_classifier")
@example("![a][b]")
@example("<b>")
@example("---")
def test_a_text_is_a_paragraph_that_shows_it(text):
    tokens = PARSER.parse(f"{plain(text)}\n")
    if not printable(text).strip():
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert words(shown(tokens[1].children)) == words(text)


@given(texts)
def test_a_text_in_a_list_is_an_item_that_shows_it(text):
    if not printable(text).strip():
        return
    tokens = PARSER.parse(f"- {plain(text)}\n")
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 1 and tokens[2].type == "paragraph_open"
    # A host shows a box in place of these at the begin of an item.
    assert not re.match(r"\[[ xX]\]\s", inline[0].content)


@given(texts)
def test_a_text_in_a_row_is_one_entry(text):
    lines = (row(["a", "b"]), "| --- | --- |", row([text, "c"]))
    tokens = PARSER.parse("\n".join(lines) + "\n")
    entries = [token for token in tokens if token.type == "inline"]
    assert len(entries) == 4
    assert words(shown(entries[2].children)) == words(text)


@given(texts)
@example("\\]")
def test_a_text_can_stand_for_an_image(text):
    tokens = PARSER.parse(f"![{alternative(text)}](figure.svg)\n")
    (image,) = tokens[1].children
    assert (image.type, image.attrs["src"]) == ("image", "figure.svg")
    assert words(shown(image.children or [])) == words(text)


@pytest.mark.parametrize(
    "text", ["× 1.86 [1.61, 2.14] slower (95 %)", "conv_classifier, 4,096", "<1 %", "a - b", "C#!"]
)
def test_what_changes_nothing_is_not_escaped(text):
    assert plain(text) == text


def test_no_line_begins_in_a_row():
    assert row(["+ build", "1. first"]) == "| + build | 1. first |"
