"""Read what a user wants installed, as ``PACKAGE==VERSION[,PACKAGE==VERSION...]``."""

import re
from collections.abc import Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

_NOT_IN_NAMES = re.compile(r"[^\w.+]+")


def read(text: str) -> tuple[str, ...]:
    """Return the requirements in a text, which commas separate.

    Raises
    ------
    BadInputError
        If a part isn't a package with a version, or a package is named twice.
    """
    found = tuple(part.strip() for part in text.split(","))
    wrong = next((part for part in found if not _has_version(part)), None)
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


def _has_version(part: str) -> bool:
    try:
        requirement = Requirement(part)
    except InvalidRequirement:
        return False
    return bool(requirement.specifier) and not (requirement.url or requirement.marker)


def package(requirement: str) -> str:
    """Return the package that a requirement names, in its canonical spelling."""
    return canonicalize_name(Requirement(requirement).name)


def label(requirements: Sequence[str]) -> str:
    """Return a short name for requirements: ``keras-3.14.1`` for ``keras==3.14.1``."""
    return "-".join(_NOT_IN_NAMES.sub("-", each).strip("-") for each in requirements)[:60]
