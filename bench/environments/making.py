"""Make an environment for a contender, and keep it for later runs.

Everything but what the user asked for has the versions of this process, as far as the packages
agree: a difference is then that of what was asked for. What differs beside it is told.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from aebench import backends
from aebench.bench.environments.checkouts import Checkout
from aebench.bench.environments.requirements import label, package
from aebench.bench.errors import BadInputError
from aebench.bench.plan.probing import ask
from aebench.bench.quoting import shortly

_MARK = "environment.json"
_PIP = "pip"
_SECONDS = 1800.0
_ASK_SECONDS = 60.0
_ASK = (
    "import json; from importlib import metadata; "
    "print(json.dumps({d.metadata['Name']: d.version for d in metadata.distributions()}))"
)
# Packages that an environment holds without being asked for them.
_TOOLS = {"pip", "setuptools", "wheel"}


@dataclass(frozen=True)
class EnvironmentRequest:
    """What an environment is to hold beside NumPy, Keras and a framework.

    Parameters
    ----------
    requirements : tuple of str
        Packages with versions.
    checkout : Checkout, optional
        A commit of a package.
    """

    requirements: tuple[str, ...] = ()
    checkout: Checkout | None = None

    @property
    def label(self) -> str:
        """Return a short name for what was asked for."""
        return self.checkout.label if self.checkout else label(self.requirements)

    @property
    def packages(self) -> set[str]:
        """Return the names of the packages that were asked for."""
        named = {package(each) for each in self.requirements}
        return named | ({self.checkout.package} if self.checkout else set())


def make(
    wanted: EnvironmentRequest, backend: str, environments: Path, say: Callable[[str], None]
) -> Path:
    """Return the interpreter of an environment; make the environment if it isn't there.

    Parameters
    ----------
    wanted : EnvironmentRequest
        What the environment is to hold.
    backend : str
        The Keras backend that computes there.
    environments : Path
        The folder of all environments.
    say : callable
        Is told what is being made.

    Raises
    ------
    BadInputError
        If the packages can't be installed together, with the installer's last words.
    """
    here = installed_here()
    pins = _pins(wanted, backend, here)
    content = json.dumps([sys.version, sys.prefix, pins, wanted.label, sorted(here.items())])
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    folder = environments / f"{wanted.label}-{digest}"
    python = folder / "bin" / "python"
    if (folder / _MARK).exists():
        return python
    say(f"Environment with {wanted.label}: being made, once, in {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    # What isn't asked for stays as it is here, unless the packages asked for want it otherwise.
    rest = [f"{name}=={version}" for name, version in here.items() if name not in wanted.packages]
    reason = ""
    # uv reads none of pip's settings, and needn't find the index that pip finds.
    for installer in filter(None, (shutil.which("uv"), _PIP)):
        for constraints in (rest, []):
            reason = _install(installer, folder, python, pins, constraints)
            if not reason:
                (folder / _MARK).write_text(json.dumps({"asked": pins}), encoding="utf-8")
                return python
    shutil.rmtree(folder, ignore_errors=True)
    raise BadInputError(f"an environment with {wanted.label} can't be made: {reason}")


def _pins(wanted: EnvironmentRequest, backend: str, here: Mapping[str, str]) -> list[str]:
    """List what is installed by name: what was asked for, NumPy, Keras and the framework."""
    known = [*map(canonicalize_name, backends.load(backend).DISTRIBUTIONS), "keras", "numpy"]
    found = [
        f"{name}=={here[name]}"
        for name in dict.fromkeys(known)
        if name in here and name not in wanted.packages
    ]
    source = [str(wanted.checkout.folder)] if wanted.checkout else []
    return [*wanted.requirements, *source, *found]


def _install(
    installer: str, folder: Path, python: Path, pins: Sequence[str], constraints: Sequence[str]
) -> str:
    """Make an environment and install packages; return why that failed, empty if it didn't."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if installer != _PIP:
        make_it = [installer, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        install = [installer, "pip", "install", "--quiet", "--python", str(python)]
    else:
        make_it = [sys.executable, "-m", "venv", "--clear", str(folder)]
        install = [str(python), "-m", "pip", "install", "--quiet"]
    reason = _run(make_it)
    if reason:
        return reason
    listed = folder / "constraints.txt"
    listed.write_text("\n".join(constraints) + "\n", encoding="utf-8")
    return _run([*install, "--constraint", str(listed), *pins])


def _run(command: Sequence[str]) -> str:
    # Constraints of the user's own would contradict the versions asked for.
    left_out = ("PIP_CONSTRAINT", "UV_CONSTRAINT", "PYTHONPATH")
    environment = {name: each for name, each in os.environ.items() if name not in left_out}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return shortly(str(error))
    if done.returncode == 0:
        return ""
    told = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in told if line.lower().startswith("error")]
    return shortly((errors or told or ["the installer gave no reason"])[-1])


def installed_here() -> dict[str, str]:
    """Return the versions of this process's packages by their canonical names, without aebench."""
    found = {
        canonicalize_name(each.metadata["Name"]): each.version
        for each in metadata.distributions()
        if each.metadata["Name"]
    }
    return {name: found[name] for name in sorted(found) if name not in {"aebench", *_TOOLS}}


def installed(python: str) -> dict[str, str]:
    """Return the versions of an interpreter's packages; none if it doesn't tell."""
    try:
        told = json.loads(ask([python, "-I", "-c", _ASK], _ASK_SECONDS) or "{}")
    except ValueError:
        return {}
    found = {canonicalize_name(str(name)): str(version) for name, version in told.items()}
    return {name: version for name, version in found.items() if name not in _TOOLS}
