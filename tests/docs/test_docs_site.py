"""Test how links of a page become links of the docs' site. mkdocs itself isn't needed."""

import pytest

import docs_site
from helpers.paths import ROOT


@pytest.mark.parametrize(
    ("name", "written", "wanted"),
    [
        ("docs/start.md", "[a](models.md#6-what)", "[a](models.md#6-what)"),
        ("docs/method/speed.md", "[a](../glossary.md)", "[a](../glossary.md)"),
        ("docs/method/speed.md", "[a](../../README.md)", "[a](../index.md)"),
        ("README.md", "[a](docs/method/speed.md#x)", "[a](method/speed.md#x)"),
        ("README.md", "![a](docs/screen.svg)", "![a](screen.svg)"),
        ("README.md", '<img src="docs/screen.svg">', '<img src="screen.svg">'),
        ("README.md", "[a](examples)", "[a](examples/index.md)"),
        ("README.md", "[a](examples/README.md)", "[a](examples/index.md)"),
        ("docs/models.md", "[a](../examples/shop_sales.py)", "[a](examples/shop_sales.py)"),
        ("CONTRIBUTING.md", "[a](STYLE.md)", "[a](style.md)"),
        ("docs/start.md", "[a](https://b.c/README.md)", "[a](https://b.c/README.md)"),
        ("docs/start.md", "[a](#data)", "[a](#data)"),
        (
            "docs/method/speed.md",
            "[`a` b](../../reports/published/original/README.md)",
            '<a href="../reports/original/index.html">`a` b</a>',
        ),
        ("README.md", "[a](reports/published)", '<a href="reports/index.html">a</a>'),
        ("README.md", "```\n[a](STYLE.md)\n```", "```\n[a](STYLE.md)\n```"),
    ],
)
def test_a_link_leads_to_where_the_site_has_the_file(name, written, wanted):
    assert docs_site.rewritten(written, name) == wanted


@pytest.mark.parametrize("missing", ["tests/helpers", "examples/missing.py", "examples/data.npz"])
def test_a_link_to_what_the_site_does_not_have_is_refused(missing):
    with pytest.raises(docs_site.LinkError, match=rf"docs/start.md links to {missing}, which"):
        docs_site.rewritten(f"[a](../{missing})", "docs/start.md")


def test_all_pages_have_links_that_the_site_has():
    pages = [*docs_site.PAGES, *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md"))]
    assert len(pages) > 30
    for name in pages:
        assert docs_site.rewritten((ROOT / name).read_text(encoding="utf-8"), name)


def test_examples_are_shown_and_linked():
    page = docs_site.rewritten(docs_site.examples_page(), "examples/index.md")
    assert "[Your own model](../models.md)" in page
    assert "[notebook.ipynb](notebook.ipynb)" in page
    for path in (ROOT / "examples").glob("*.py"):
        assert f"## {path.name}\n\n[The file]({path.name})" in page
        assert path.read_text(encoding="utf-8").strip() in page
