"""Moving what was made into a folder: nothing of anybody else's is replaced, no link is followed.

All of it is made in a fresh folder first, so that a failure on the way leaves what was there. Then
each file is moved to its place; a crash in between leaves whole files and a manifest that knows the
old and the new ones, so that the same can be done again.
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

# Where records go that a report no longer holds: they may be the only copies.
LEFT_OUT = "left-out"
_PIECE_BYTES = 2**20


def write_into(folder: Path, make: Callable[[Path], None]) -> list[Path]:
    """Make files and move them into a folder.

    What an earlier call left there and this one doesn't make goes; records and their traces are
    kept, under :data:`LEFT_OUT`.

    Parameters
    ----------
    folder : Path
        Where; it is made. It may itself be a link, none below it.
    make : callable
        Makes everything in the fresh folder that it is given.

    Returns
    -------
    list of Path
        Records and traces that were moved out of the way, where they lie now.

    Raises
    ------
    ManifestError
        If something that isn't aebench's own lies in the way; nothing was written then.
    OSError
        If something can't be written.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".aebench-", dir=folder) as scratch:
            make(Path(scratch))
            return _place(Path(scratch), folder)
    except BaseException:
        with contextlib.suppress(OSError):  # what isn't empty stays
            for each in missing:
                each.rmdir()
        raise


def keep(source: Path, target: Path) -> None:
    """Copy a file to a name that nothing has yet; its folder is made, and may not be a link.

    Raises
    ------
    OSError
        If there is something by that name, or it can't be written; then nothing is left of it.
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
        os.link(copy.name, target)  # unlike a renaming it replaces nothing


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
    # What somebody changed since isn't ours to move.
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
        _drop(folder, name, any(_begins(folder / name, each) for each in raw)) for name in dropped
    ]
    for name in new:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).replace(folder / name)
    _write(Manifest(new), made, folder)
    return [path for path in kept if path]


def _is_raw(name: str) -> bool:
    """Tell whether a file was measured, so that no report makes it again."""
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
    """Return whether a file is another's beginning, or all of it; both as they are unpacked."""
    try:
        with (
            open_record(path, MOST_RECORD_BYTES, follow=False) as one,
            open_record(other, MOST_RECORD_BYTES, follow=False) as two,
        ):
            while piece := one.read(_PIECE_BYTES):
                if two.read(len(piece)) != piece:
                    return False
            # Of a damaged file only a part was compared.
            return not damage(one)
    except OSError:
        return False


def _drop(folder: Path, name: str, again: bool) -> Path | None:
    """Take a file away that isn't made any more.

    One that was measured is kept elsewhere, unless it is there ``again`` by another name.
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
            os.link(path, free)  # unlike a renaming it replaces nothing
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
