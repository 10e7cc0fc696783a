"""Read what a user wants installed, as ``PACKAGE==VERSION[,PACKAGE==VERSION...]``."""

import re
from collections.abc import Sequence

from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

# A name, extras, and versions, as pip and uv read them; no path, address or option.
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[\w.,-]+\])?(?P<versions>(?:==|~=|[<>]=?)[\w.!+*-]+)",
    re.ASCII,
)
_SEPARATORS = re.compile(r"[-_.]+")


def read(text: str) -> tuple[str, ...]:
    """Return the requirements in a text, which commas separate.

    Raises
    ------
    BadInputError
        If a part isn't a package with a version, or a package is named twice.
    """
    found = tuple(part.strip() for part in text.split(","))
    wrong = next((part for part in found if not _REQUIREMENT.fullmatch(part)), None)
    if wrong is not None:
        raise BadInputError(
            f"{shortly(wrong)} is not a package with a version: give PACKAGE==VERSION, such as "
            "keras==3.14.1, and several with commas."
        )
    names = [package(part) for part in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInputError(f"{shortly(text)} names {twice} twice: give one version.")
    return found


def package(requirement: str) -> str:
    """Return the package that a requirement names, in its canonical spelling.

    The spelling is that of the packaging standards (PEP 503).
    """
    match = _REQUIREMENT.match(requirement)
    return canonical(match["name"] if match else requirement)


def canonical(name: str) -> str:
    """Return the canonical spelling of a package's name: ``ml_dtypes`` is ``ml-dtypes``."""
    return _SEPARATORS.sub("-", name).lower()


def label(requirements: Sequence[str]) -> str:
    """Return a short name for requirements: ``keras-3.14.1`` for ``keras==3.14.1``."""
    parts = [re.sub(r"[^\w.+]+", "-", each).strip("-") for each in requirements]
    return "-".join(parts)[:60]
