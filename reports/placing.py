"""Move the files of a report into a folder, without replacing other files or following links.

All files are first made in a fresh folder: a failure there leaves the old files unchanged. Then
every file is moved to its place. A crash during the moves leaves only complete files, and a
manifest that lists both the old and the new files. So the same command can be run again.
"""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from aebench.reports import manifest
from aebench.reports.compressed import damage, open_record
from aebench.reports.manifest import NAME, RECORDS, Manifest, ManifestError, sha256
from aebench.reports.record.bounds import MOST_RECORD_BYTES

# The folder for records that a report no longer contains: they may be the only copies.
LEFT_OUT = "left-out"
_PIECE_BYTES = 2**20


def write_into(folder: Path, make: Callable[[Path], None]) -> list[Path]:
    """Make files and move them into a folder.

    Files of an earlier call that this call does not make again are removed. Records and their
    traces are not removed but moved to the folder :data:`LEFT_OUT`.

    Parameters
    ----------
    folder : Path
        The target, which is created if it does not exist. The target may be a link, but folders
        inside it must not be links.
    make : callable
        A function that takes an empty folder and makes all files in it.

    Returns
    -------
    list of Path
        The new paths of records and traces that were moved to :data:`LEFT_OUT`.

    Raises
    ------
    ManifestError
        If a file that aebench did not write would be replaced; then nothing is written.
    OSError
        If a file cannot be written.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".aebench-", dir=folder) as scratch:
            make(Path(scratch))
            return _place(Path(scratch), folder)
    except BaseException:
        with contextlib.suppress(OSError):  # rmdir refuses folders that are not empty
            for path in missing:
                path.rmdir()
        raise


def keep(source: Path, target: Path) -> None:
    """Copy a file to a new name; create the folder of that name if it does not exist.

    Raises
    ------
    OSError
        If a file has the new name already, if its folder is a link, or if the copy can't be
        written. No incomplete copy is left.
    """
    if target.parent.is_symlink():
        raise OSError(errno.ELOOP, "a link lies where its folder goes")
    target.parent.mkdir(exist_ok=True)
    with (
        source.open("rb") as content,
        tempfile.NamedTemporaryFile(dir=target.parent, prefix=".aebench-") as copy,
    ):
        shutil.copyfileobj(content, copy)
        copy.flush()
        Path(copy.name).chmod(0o644)
        os.link(copy.name, target)  # a link, unlike a renaming, replaces no file


def _place(made: Path, folder: Path) -> list[Path]:
    before = manifest.read(folder)
    old = before.files if before else {}
    new = {
        path.relative_to(made).as_posix(): [sha256(path)]
        for path in sorted(made.rglob("*"))
        if path.is_file()
    }
    for name in {**old, **new}:
        _refuse_links(folder, name)
    here = {name: sha256(folder / name) for name in {**old, **new}}
    # Only files that are unchanged since aebench wrote them are ours. A changed file belongs to the
    # user and stays.
    ours = {name for name, known in old.items() if here[name] in known}
    dropped = [
        name
        for name in sorted(ours)
        if name not in new or (_is_raw(name) and here[name] not in new[name])
    ]
    for name, known in new.items():
        if os.path.lexists(folder / name) and name not in ours and here[name] not in known:
            raise ManifestError(
                f"{folder / name} is not what aebench wrote there: give another folder, or move "
                "it away; nothing was replaced."
            )
    between = {name: old.get(name, []) + known for name, known in new.items()}
    _write(Manifest({**old, **between}), made, folder)
    raw = [made / name for name in new if _is_raw(name)]
    kept = [
        _drop(folder, name, any(_begins(folder / name, other) for other in raw)) for name in dropped
    ]
    for name in new:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).replace(folder / name)
    _write(Manifest(new), made, folder)
    return [path for path in kept if path]


def _is_raw(name: str) -> bool:
    """Return whether a file is a record or a trace: a report can't make measurements again."""
    return RECORDS in PurePosixPath(name).parts


def _refuse_links(folder: Path, name: str) -> None:
    for parent in PurePosixPath(name).parents:
        path = folder / parent
        if path != folder and os.path.lexists(path) and (path.is_symlink() or not path.is_dir()):
            raise ManifestError(
                f"{path} is a link or a file where a report has a folder: give another folder, or "
                "move it away; nothing was replaced."
            )


def _begins(path: Path, other: Path) -> bool:
    """Return whether the record at ``other`` begins with the whole record at ``path``, unpacked."""
    try:
        with (
            open_record(path, MOST_RECORD_BYTES, follow=False) as one,
            open_record(other, MOST_RECORD_BYTES, follow=False) as two,
        ):
            while piece := one.read(_PIECE_BYTES):
                if two.read(len(piece)) != piece:
                    return False
            # Of a damaged file only the readable part was compared. The rest may be different.
            return not damage(one)
    except OSError:
        return False


def _drop(folder: Path, name: str, again: bool) -> Path | None:
    """Remove a file that a report no longer contains, and return None.

    A record or a trace is moved to :data:`LEFT_OUT` instead, and its new path is returned. It is
    removed only if ``again``: then the report contains the same content under another name.
    """
    path = folder / name
    if again or not _is_raw(name):
        path.unlink()
        _remove_empty(path.parent, folder)
        return None
    target = folder / LEFT_OUT / name
    _refuse_links(folder, f"{LEFT_OUT}/{name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    free = target
    number = 1
    while True:
        try:
            os.link(path, free)  # a link, unlike a renaming, replaces no file
            break
        except FileExistsError:
            if sha256(free) == sha256(path):
                break
            number += 1
            stem, ending = target.name.partition(".")[::2]
            free = target.with_name(f"{stem}-{number}.{ending}")
    path.unlink()
    _remove_empty(path.parent, folder)
    return free


def _remove_empty(inner: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):
        while inner != folder:
            inner.rmdir()
            inner = inner.parent


def _write(manifest: Manifest, made: Path, folder: Path) -> None:
    written = made / NAME
    written.write_bytes(manifest.encode())
    written.replace(folder / NAME)
