"""Export commits of a package's git repository, so that each can be installed."""

import io
import os
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

_SECONDS = 120.0
_SHOWN_DIGITS = 10
# With one committer and one date, equal files are one commit, whoever exports them and when.
_COMMITTER = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "aebench"),
        ("EMAIL", "aebench@localhost"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}


@dataclass(frozen=True)
class Checkout:
    """The files of a commit.

    Parameters
    ----------
    package : str
        The package's name, by its ``pyproject.toml``.
    commit : str
        The commit's hash. For a working tree with changes it is that of a commit of them, which
        belongs to no branch.
    changed : bool
        Whether it is such a working tree.
    folder : Path
        The exported files.
    """

    package: str
    commit: str
    changed: bool
    folder: Path

    @property
    def label(self) -> str:
        """Return a short name: ``keras-1a2b3c4d5e``."""
        more = "-changed" if self.changed else ""
        return f"{self.package}-{self.commit[:_SHOWN_DIGITS]}{more}"


def export(text: str, sources: Path) -> Checkout:
    """Export a commit, or a working tree, to a folder that is named after its hash.

    Parameters
    ----------
    text : str
        ``PATH@REVISION``, or ``PATH`` for the working tree: its tracked files with their changes.
    sources : Path
        The folder of all exports.

    Raises
    ------
    BadInputError
        If the path is no git repository of a package, or has no such revision.
    """
    # A folder's own name may have an @.
    named = "@" in text and not Path(text).expanduser().is_dir()
    path, at, revision = text.rpartition("@") if named else (text, "", "")
    repository = Path(path).expanduser()
    if not repository.is_dir() or not _git(repository, "rev-parse", "--git-dir"):
        raise BadInputError(f"{shortly(path)} is no git repository: give PATH@REVISION.")
    changed = ""
    if not at:
        revision = "HEAD"
        # A commit of the tracked files as they are; nothing is printed where they are unchanged.
        changed = _git(repository, "stash", "create") or ""
        if not changed and _git(repository, "status", "--porcelain", "--untracked-files=no"):
            raise BadInputError(
                f"git can't keep the changes in {shortly(path)}: commit them, and name the commit."
            )
    commit = changed or _git(
        repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"
    )
    if not commit:
        raise BadInputError(
            f"{shortly(path)} has no revision {shortly(revision)}: give a branch, a tag or a hash."
        )
    folder = sources / commit
    if not folder.is_dir():
        _unpack(repository, commit, folder)
    return Checkout(_package(folder, text), commit, bool(changed), folder)


def between(good: str, bad: str) -> list[str]:
    """Return ``PATH@HASH`` for every commit from one to another, along first parents.

    Parameters
    ----------
    good, bad : str
        ``PATH@REVISION``, of one repository; the second has the first among its ancestors.

    Raises
    ------
    BadInputError
        If the path is no git repository, or no first parents lead from the one to the other.
    """
    path, _, first = good.rpartition("@")
    other, _, last = bad.rpartition("@")
    if not path or path != other:
        raise BadInputError(
            f"{shortly(good)} and {shortly(bad)} aren't commits of one repository: give "
            "PATH@REVISION twice."
        )
    repository = Path(path).expanduser()
    start = _git(repository, "rev-parse", "--verify", "--quiet", f"{first}^{{commit}}")
    listed = _git(repository, "rev-list", "--reverse", "--first-parent", f"{first}..{last}", "--")
    if not start or not listed:
        raise BadInputError(
            f"no commits lead from {shortly(good)} to {shortly(bad)}: give an ancestor first."
        )
    return [f"{path}@{commit}" for commit in (start, *listed.split())]


def _unpack(repository: Path, commit: str, folder: Path) -> None:
    command = ["git", "-C", str(repository), "archive", "--format=tar", commit]
    done = subprocess.run(command, capture_output=True, timeout=_SECONDS)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BadInputError(f"git can't export {commit}: {(said or ['no reason'])[-1]}.")
    unfinished = folder.with_suffix(".new")
    unfinished.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        # Filters came with Python 3.11.4. The archive is git's own.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(unfinished, **safely)
    unfinished.rename(folder)


def _package(folder: Path, text: str) -> str:
    try:
        with (folder / "pyproject.toml").open("rb") as file:
            return canonicalize_name(str(tomllib.load(file)["project"]["name"]))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError):
        raise BadInputError(
            f"{shortly(text)} is no package: its pyproject.toml has no project's name."
        ) from None


def _git(repository: Path, *words: str) -> str | None:
    """Return what git prints, without the end of the line; None if it fails or isn't there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *words],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            env={**os.environ, **_COMMITTER},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
