"""Study files: the options of a run in TOML, by their names."""

import tomllib
from pathlib import Path
from typing import Any

from aebench.bench.cli import option_values
from aebench.bench.cli.options import Given
from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly
from aebench.reports.files import read_plain
from aebench.reports.sanitize import reason

ENDING = ".toml"
_MOST_BYTES = 2**20
# Options that say what the command does with a study, not what is measured.
_NOT_IN_FILES = ("dry-run", "write", "resume")


def resolved(given: Given) -> tuple[Given, list[str]]:
    """Return the options of a study's file and of the command line, of which the latter count more.

    Parameters
    ----------
    given : dict
        The options of the command line. If a study was named, ``study`` has its path.

    Returns
    -------
    dict
        The options, without ``study``.
    list of str
        The words of a command line that gives them without the file; empty without a study. The
        record tells these, so that it can be repeated without the file.

    Raises
    ------
    BadInputError
        If the file can't be read, or gives something that no command line could.
    """
    own = {name: value for name, value in given.items() if name != "study"}
    path = given.get("study")
    if path is None:
        _refuse_swallowed(own)
        return own, []
    if "resume" in own:
        raise BadInputError(f"--resume takes the plan from the record: leave out {path}.")
    together = {**_read(path), **own}
    return together, ["run", *option_values.words(option_values.values(together))]


def check_write(given: Given) -> None:
    """Refuse ``--write`` without ``--dry-run``, and to a file that exists.

    Raises
    ------
    BadInputError
        In these cases.
    """
    if "write" not in given:
        return
    if not given.get("dry_run"):
        raise BadInputError("--write is for a run that measures nothing: add --dry-run.")
    if given["write"].exists():
        raise _exists(given["write"])


def write(given: Given) -> Path:
    """Write the options of a command line into the new file of ``--write``; return its path.

    Raises
    ------
    BadInputError
        If the file exists or can't be written.
    """
    import tomli_w

    path: Path = given["write"]
    values = option_values.values(given)
    text = tomli_w.dumps({name: values[name] for name in values if name not in _NOT_IN_FILES})
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise BadInputError(f"{path} can't be written: {reason(error)}.") from error
    return path


def _read(path: Path) -> Given:
    """Return the options that a study's file gives, checked as on the command line."""
    found = _table(path)
    for key in found:
        if key.replace("_", "-") in _NOT_IN_FILES:
            raise BadInputError(f"{path}: {key} is for the command line alone: leave it out.")
    try:
        return option_values.given(option_values.words(found))
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from error


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_plain(path, _MOST_BYTES).decode())
    except OSError as error:
        raise BadInputError(
            f"{path} can't be read as a study's file ({reason(error)}): give the path of one, and "
            "options by their names."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is no TOML: it isn't in UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is no TOML: {_first_line(error)}.") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def _exists(path: Path) -> BadInputError:
    return BadInputError(f"{path} exists: give another --write; nothing was overwritten.")


def _refuse_swallowed(given: Given) -> None:
    """Refuse a study's file that an option with several values took for one of them."""
    for value in given.values():
        for word in value if isinstance(value, list) else ():
            if isinstance(word, str) and word.endswith(ENDING):
                raise BadInputError(
                    f"{shortly(word)} comes after an option that takes several values: name a "
                    "study's file first, as in aebench run study.toml --preset quick."
                )
