"""A folder in which a case is laid out, with things around it that nobody may touch."""

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
    """The folders of one case; they go with it."""

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
        """Plant a program that leaves a mark where it is run."""
        folder = self._made("outside", "bin")
        trap = folder / "python"
        trap.write_text(f'#!/bin/sh\necho ran >> "{self.outside}/ran"\necho 1.0\n')
        trap.chmod(0o755)
        return trap

    def environment(self) -> dict[str, str]:
        """Return an environment that leads to nothing of this machine's user."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            "LANG": "C.UTF-8",
            "KERAS_HOME": str(self.room / "keras"),
            "MPLCONFIGDIR": self._cache,
            # Nothing is fetched.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def snapshot(self) -> Snapshot:
        """Note what is there: kinds, sizes, contents, where links lead; nothing is followed."""
        found: Snapshot = {}
        for folder, folders, files in os.walk(self.room):
            for name in (*folders, *files):
                path = os.path.join(folder, name)  # noqa: PTH118
                found[os.path.relpath(path, self.room)] = _about(path)
        return found

    def close(self) -> None:
        """Take it all away."""
        shutil.rmtree(self.room, ignore_errors=True)

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _about(path: str) -> tuple[object, ...]:
    told = os.lstat(path)
    kind = stat.S_IFMT(told.st_mode)
    if stat.S_ISLNK(told.st_mode):
        return (kind, os.readlink(path))  # noqa: PTH115
    if not stat.S_ISREG(told.st_mode):
        return (kind, told.st_mode)
    if told.st_size > _HASHED_BYTES:
        return (kind, told.st_mode, told.st_size, told.st_mtime_ns)
    content = Path(path).read_bytes()
    return (kind, told.st_mode, told.st_size, hashlib.blake2b(content).hexdigest())
