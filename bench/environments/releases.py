"""List the released versions of a package between two."""

import re
import subprocess
import sys

from packaging.version import Version

from aebench.bench.environments.requirements import package, read
from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

_SECONDS = 300.0
_EXACT = re.compile(r"[^=<>~!]+==[^=*]+")


def between(good: str, bad: str) -> list[str]:
    """Return requirements for every release from one version of a package to another, in order.

    Parameters
    ----------
    good, bad : str
        ``PACKAGE==VERSION``, of one package. The first release needn't be the older one.

    Raises
    ------
    BadInputError
        If they aren't two releases of one package, or pip can't list its releases.
    """
    parts = [part for each in (good, bad) for part in read(each)]
    names = {package(part) for part in parts}
    if len(parts) != 2 or len(names) != 1 or not all(map(_EXACT.fullmatch, parts)):
        raise BadInputError(
            f"{shortly(good)} and {shortly(bad)} aren't two versions of one package: give "
            "PACKAGE==VERSION twice."
        )
    (name,) = names
    ends = [Version(part.partition("==")[2]) for part in parts]
    known = _released(name)
    missing = [str(each) for each in ends if each not in known]
    if missing:
        raise BadInputError(
            f"pip finds no release {missing[0]} of {name}: pip index versions {name} lists them."
        )
    low, high = sorted(ends)
    found = sorted(each for each in known if low <= each <= high)
    return [f"{name}=={each}" for each in (found if ends[0] == low else reversed(found))]


def _released(name: str) -> set[Version]:
    """Return the releases that pip finds for this interpreter, without pre-releases."""
    command = [sys.executable, "-m", "pip", "index", "versions", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise BadInputError(f"pip can't list the releases of {name}: {error}.") from error
    lines = [line for line in done.stdout.splitlines() if line.startswith("Available versions:")]
    if not lines:
        said = done.stderr.strip().splitlines() or ["pip gave no reason"]
        raise BadInputError(f"pip can't list the releases of {name}: {shortly(said[-1])}.")
    return {Version(each.strip()) for each in lines[0].partition(":")[2].split(",")}
