"""Write a report in Markdown, which Git hosts such as GitHub show as a page."""

import re

from aebench.reports.document import Page, environment
from aebench.reports.sanitize import printable

# What acts as markup: some characters anywhere, others only before or after certain ones. Where no
# bracket is closed before a parenthesis, another bracket or a colon, there is no link.
_ACTIVE = re.compile(r"[\\`*|~]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|\](?=[(\[:])|&(?=#?\w+;)")
_ACTIVE_IN_BRACKETS = re.compile(rf"{_ACTIVE.pattern}|[\[\]]")
# What begins a heading, a quotation, a list, an item of a list of tasks, or is a line.
_BEGINNING = re.compile(r"[#>]|[-+](?=\s|$)|-(?=[-\s]*$)|\[(?=.\])|\d{1,9}[.)](?=\s|$)")


def plain(text: str) -> str:
    """Return a text, escaped for Markdown: no part of it acts as markup or breaks the line.

    Characters that change nothing where they stand aren't escaped: Markdown is read as text too.
    """
    escaped = inline(text)
    begins = _BEGINNING.match(escaped)
    if begins is None:
        return escaped
    last = begins.end() - 1
    return f"{escaped[:last]}\\{escaped[last:]}"


def inline(text: str) -> str:
    """Return a text, escaped for a place in which no line begins."""
    return _ACTIVE.sub(r"\\\g<0>", printable(text).strip())


def alternative(text: str) -> str:
    """Return a text that can stand for an image: between brackets, which it must not close."""
    return _ACTIVE_IN_BRACKETS.sub(r"\\\g<0>", printable(text))


def code(text: str) -> str:
    """Return a text that can be put between backticks in Markdown."""
    return printable(text).replace("`", "'")


def row(cells: list[str]) -> str:
    """Return a row of a table as a line of Markdown."""
    return "| " + " | ".join(map(inline, cells)) + " |"


def rule(lefts: list[bool]) -> str:
    """Return the line under a table's head, which aligns each column to the left or right."""
    return "| " + " | ".join("---" if left else "---:" for left in lefts) + " |"


def render(page: Page) -> dict[str, str]:
    """Return a report in Markdown: the text of each file by its name, the front page first."""
    templates = environment(autoescape=False)  # the filters escape for Markdown
    templates.filters |= {
        "text": plain,
        "alternative": alternative,
        "code": code,
        "row": row,
        "rule": rule,
    }
    of_part = templates.get_template("part.md.j2")
    files = {"README.md": templates.get_template("report.md.j2").render(page=page)}
    files |= {f"{part.name}.md": of_part.render(page=page, part=part) for part in page.parts}
    files["machine.md"] = templates.get_template("machine.md.j2").render(page=page)
    return {name: f"{text.strip()}\n" for name, text in files.items()}
