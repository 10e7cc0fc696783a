"""The commands that follow records over time, and remove old ones.

Modules that are slow to import are imported inside functions: ``--help`` then takes under 1 s.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from aebench.bench.cli.exit_codes import OK
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import print_path
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.quoting import shortly

_MOST_PROBLEMS = 10
_KEPT = 10
_MOST_RECORDS = 20_000


def history(given: Given) -> int:
    """Show how what records measured changed over time.

    Raises
    ------
    BadInputError
        If there is no record, or none matches.
    """
    from aebench.reports.history import Index, all_series
    from aebench.reports.history import shown as showing
    from aebench.reports.terminal import new_console, plain, render

    folders: list[Path] = given["folders"]
    index = Index(_index_path(folders))
    try:
        problems = index.refresh(_paths(folders))
        found = all_series(
            index.figures(), index.versions(), given.get("cell", "*"), bool(given.get("seconds"))
        )
    finally:
        index.close()
    if not found:
        if problems:
            raise BadInputError(f"no record can be read: {problems[0]}")
        raise BadInputError(
            f"no record in {' '.join(map(str, folders))} has a cell that matches "
            f"{shortly(given.get('cell', '*'))}: leave --cell out to see all."
        )
    console = new_console()
    console.print(plain(showing.summary(found), "bold"))
    console.print(render(showing.tables(found)))
    for problem in problems[:_MOST_PROBLEMS]:
        console.print(plain(f"Left out: {problem}", "yellow"), soft_wrap=True)
    if len(problems) > _MOST_PROBLEMS:
        console.print(plain(f"Left out: {len(problems) - _MOST_PROBLEMS} more.", "yellow"))
    if "out" in given:
        print_path("Page", showing.write_page(found, given["out"], "History of measurements"))
    return OK


def _index_path(folders: Sequence[Path]) -> Path | None:
    """Return the index's file in the user's cache; None if nothing is to be kept there."""
    from aebench.bench.campaign import user_cache

    kept = user_cache.folder(os.environ, "history")
    if kept is None:
        return None
    names = "\n".join(sorted(str(each.resolve()) for each in folders))
    return kept / f"{hashlib.sha256(names.encode()).hexdigest()[:16]}.sqlite"


def _paths(folders: Sequence[Path]) -> list[Path]:
    from aebench.reports.journal import RecordError, record_paths

    for folder in folders:
        if not folder.exists():
            raise BadInputError(f"{folder} can't be read: there is no such folder.")
    with refusing(RecordError):
        return record_paths(list(folders), _MOST_RECORDS)


def prune(given: Given) -> int:
    """Remove records beyond the newest of each question, after asking.

    Raises
    ------
    BadInputError
        If there is nobody to ask, or there is no record.
    """
    from aebench.reports.terminal import new_console, plain

    kept = given.get("keep", _KEPT)
    if kept < 1:
        raise BadInputError(f"--keep {kept} must be at least 1.")
    if not sys.stdin.isatty():
        raise BadInputError("prune asks before it removes anything: run it in a terminal.")
    old = _old(_paths(given["folders"]), kept)
    console = new_console()
    if not old:
        console.print(plain(f"No question has more than {kept} records."))
        return OK
    for path in old:
        console.print(plain(f"{path}"), soft_wrap=True)
    size = sum(_bytes(path) for path in old)
    console.print(
        plain(
            f"{len(old)} records, {size / 2**20:.1f} MiB with their reports and traces: the newest "
            f"{kept} of each question stay."
        )
    )
    try:
        answer = input("Remove them? Type yes: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        console.print(plain("Nothing was removed."))
        return OK
    for path in old:
        _remove(path)
    console.print(plain(f"Removed {len(old)} records."))
    return OK


def _old(paths: Sequence[Path], kept: int) -> list[Path]:
    """Return the records that are older than the newest ``kept`` of their question and size."""
    from aebench.reports.journal import RecordError, load_all
    from aebench.reports.summary.questions import Runs

    with refusing(RecordError):
        loaded = load_all(paths)
    headers = [record.header for _, record in loaded]
    numbers = Runs([record for _, record in loaded]).question_of
    by_question: dict[object, list[tuple[str, Path]]] = {}
    for number, header, (path, _) in zip(numbers, headers, loaded, strict=True):
        # Runs that share no contender or model answer no one question, nor do sizes replace others.
        key = (
            number,
            repr(header.plan),
            frozenset(each.name for each in header.models),
            frozenset(each.name for each in header.contenders if not each.missing),
        )
        by_question.setdefault(key, []).append((header.created, path))
    return [
        path for dated in by_question.values() for _, path in sorted(dated, reverse=True)[kept:]
    ]


def _parts(path: Path) -> list[Path]:
    """Return the files and folders that belong to a record, and nothing that aebench didn't write.

    They are the record, the report beside it, and the traces of its profile.
    """
    from aebench.reports.manifest import NAME

    report, traces = path.parent / "report", path.parent / "traces"
    parts = [path]
    parts += [report] if (report / NAME).is_file() else []
    parts += [traces] if traces.is_dir() and path.name == "record.jsonl" else []
    return parts


def _bytes(path: Path) -> int:
    return sum(
        file.stat().st_size
        for part in _parts(path)
        for file in ([part] if part.is_file() else part.rglob("*"))
        if file.is_file()
    )


def _remove(path: Path) -> None:
    for part in _parts(path):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
