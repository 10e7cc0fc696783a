"""Make a folder for a case's files, next to files that no command may touch."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from fuzz._calling import ROOT

Snapshot = dict[str, tuple[object, ...]]
_HASHED_BYTES = 4 * 2**20
PRECIOUS = b"somebody's only copy\n" * 400


class Scene:
    """Make the folders of a case, and remove them at the end."""

    def __init__(self, cache: str) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="fuzz-")).resolve()
        self._cache = cache
        self.work = self._made("work")
        self.outside = self._made("outside")
        self.home = self._made("home")
        self.scratch = self._made("tmp")
        (self.outside / "precious.txt").write_bytes(PRECIOUS)
        self._made("outside", "kept")
        (self.outside / "kept" / "own.txt").write_bytes(PRECIOUS)
        self.trap = self._trap()

    def _made(self, *names: str) -> Path:
        path = self.room.joinpath(*names)
        path.mkdir()
        return path

    def _trap(self) -> Path:
        """Write a program that creates a file if it is run."""
        folder = self._made("outside", "bin")
        trap = folder / "python"
        trap.write_text(f'#!/bin/sh\necho ran >> "{self.outside}/ran"\necho 1.0\n')
        trap.chmod(0o755)
        return trap

    def environment(self) -> dict[str, str]:
        """Return environment variables that name none of the user's own folders."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            "LANG": "C.UTF-8",
            "KERAS_HOME": str(self.room / "keras"),
            "MPLCONFIGDIR": self._cache,
            # Nothing answers at this proxy: all downloads fail at once.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def snapshot(self) -> Snapshot:
        """Return all files of the scene: kinds, sizes, contents, targets of links."""
        found: Snapshot = {}
        for folder, folders, files in os.walk(self.room):
            for name in (*folders, *files):
                path = os.path.join(folder, name)  # noqa: PTH118
                found[os.path.relpath(path, self.room)] = _about(path)
        return found

    def close(self) -> None:
        """Remove all folders of the scene."""
        shutil.rmtree(self.room, ignore_errors=True)

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _about(path: str) -> tuple[object, ...]:
    status = os.lstat(path)
    kind = stat.S_IFMT(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return (kind, os.readlink(path))  # noqa: PTH115
    if not stat.S_ISREG(status.st_mode):
        return (kind, status.st_mode)
    if status.st_size > _HASHED_BYTES:
        return (kind, status.st_mode, status.st_size, status.st_mtime_ns)
    content = Path(path).read_bytes()
    return (kind, status.st_mode, status.st_size, hashlib.blake2b(content).hexdigest())
