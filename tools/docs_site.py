"""Hooks of mkdocs: files from outside docs/ are pages of the site, and links lead to them.

On a Git host a page of docs/ links to README.md or to an example by its path in the repository.
The site has these files at other places. Reports are built into it by ``aebench site``.
"""

import os
import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCS, EXAMPLES, PUBLISHED = "docs/", "examples", "reports/published"
# Pages of the site by their files in the repository.
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "STYLE.md": "style.md",
}
FILES = ("CITATION.cff", "LICENSE")
# Examples whose text is shown, by their suffix, and the language of their colours.
_LANGUAGES = {".py": "python", ".yml": "yaml"}
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_ATTRIBUTE = re.compile(r'(?<= )(href|src)="([^"]+)"')
_FENCE = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
_REPORT = re.compile(rf"{PUBLISHED}/([^/]+)/(?:README\.md|index\.html)")


class LinkError(Exception):
    """A page links to a file that the site doesn't have."""


def on_config(config: Any) -> None:
    """Link to the repository below every page, where its address is known.

    mkdocs's own ``repo_url`` would do so too, but the pages would then ask the host for figures.
    """
    if url := os.environ.get("REPOSITORY_URL"):
        config.extra["social"] = [
            {"icon": "fontawesome/brands/git-alt", "link": url, "name": "Repository"}
        ]


def on_files(files: Any, config: Any) -> Any:
    """Add the files from outside docs/ to the site."""
    from mkdocs.structure.files import File

    there = {**PAGES, **{name: name for name in FILES}}
    there |= {name: name for name in examples()}
    for name, place in there.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / name)))
    files.append(File.generated(config, f"{EXAMPLES}/index.md", content=examples_page()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Return a page whose links lead to where the site has the files."""
    from mkdocs.exceptions import PluginError

    try:
        return rewritten(markdown, source(page.file.src_uri))
    except LinkError as error:
        raise PluginError(str(error)) from error


def source(place: str) -> str:
    """Return the path in the repository of a page of the site."""
    names = {page: name for name, page in PAGES.items()}
    return names.get(place, place if place.startswith(f"{EXAMPLES}/") else DOCS + place)


def examples() -> list[str]:
    """List the examples by their paths in the repository."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / EXAMPLES).rglob("*")
        if path.suffix in (*_LANGUAGES, ".ipynb")
    )


def examples_page() -> str:
    """Return a page that lists the examples and shows their files."""
    parts = [(ROOT / EXAMPLES / "README.md").read_text(encoding="utf-8").strip()]
    for name in examples():
        path = ROOT / name
        here = name.removeprefix(f"{EXAMPLES}/")
        parts += [f"## {here}", f"[The file]({here})"]
        if path.suffix in _LANGUAGES:
            text = path.read_text(encoding="utf-8").strip()
            parts.append(f"```{_LANGUAGES[path.suffix]}\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def rewritten(markdown: str, name: str) -> str:
    """Return a page's text with its links as the site needs them.

    Parameters
    ----------
    markdown : str
        The text.
    name : str
        The path of its file in the repository.

    Raises
    ------
    LinkError
        If a link leads to a file that the site doesn't have.
    """
    parts = _FENCE.split(markdown)
    for index in range(0, len(parts), 2):  # code blocks are between these
        # Attributes first: links to reports become some.
        text = _ATTRIBUTE.sub(
            lambda match: f'{match[1]}="{_relative(match[2], name)}"', parts[index]
        )
        parts[index] = _LINK.sub(lambda match: _link(match, name), text)
    return "".join(parts)


def _link(match: re.Match[str], name: str) -> str:
    text, target = match.groups()
    found = _relative(target, name)
    if PUBLISHED in posixpath.normpath(posixpath.join(posixpath.dirname(name), target)):
        # mkdocs would miss the report, which isn't a page of its own.
        return f'<a href="{found}">{text}</a>'
    return f"[{text}]({found})"


def _relative(target: str, name: str) -> str:
    """Return a link's target on the site, relative to the page."""
    path, mark, anchor = target.partition("#")
    if not path or "://" in path or path.startswith("mailto:"):
        return target
    found = place(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)), name)
    here = posixpath.dirname(place(name, name))
    return posixpath.relpath(found, here or ".") + mark + anchor


def place(path: str, name: str) -> str:
    """Return where the site has a file or a folder of the repository.

    Raises
    ------
    LinkError
        If it has it nowhere; ``name`` is the page that links to it.
    """
    if path in PAGES:
        return PAGES[path]
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    if path in (EXAMPLES, f"{EXAMPLES}/README.md", f"{EXAMPLES}/index.md"):
        return f"{EXAMPLES}/index.md"
    if path in FILES or path in examples():
        return path
    if path == PUBLISHED:
        return "reports/index.html"
    if report := _REPORT.fullmatch(path):
        return f"reports/{report[1]}/index.html"
    raise LinkError(
        f"{name} links to {path}, which the site doesn't have: see place in tools/docs_site.py."
    )
