"""Keep the checks of parity that a contender passed, so that a later run needn't make them again.

A check is found again only by a run in which nothing that it depends on is different; see
:mod:`aebench.bench.campaign.parity_key`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from aebench.bench.campaign import user_cache
from aebench.reports.files import read_plain
from aebench.reports.record import Parity, WorkerInfo
from aebench.reports.record.bounds import MOST_NAME

_FORMAT = 1
_MOST_CHECKS = 10_000
_MOST_BYTES = 4 * 2**20


class Checked(msgspec.Struct, frozen=True):
    """The checks of one contender and one model, as a file of the cache holds them.

    ``measured_at`` is when the checks were made. ``worker`` describes the process that made them.
    """

    measured_at: Annotated[str, Meta(min_length=10, max_length=MOST_NAME)]
    worker: WorkerInfo
    checks: Annotated[list[Parity], Meta(min_length=1, max_length=_MOST_CHECKS)]
    format: int = _FORMAT


class ParityCache:
    """Checks of parity in files, of which each has its key as its name.

    A file that can't be read, or isn't what was written, counts as missing. A file that can't be
    written is left out. Nothing is raised: without the cache the checks are made again.

    Parameters
    ----------
    folder : Path
        The folder of the files, which is made when the first one is written.
    fresh : bool
        Whether nothing is found, so that all checks are made again. They are kept all the same.
    """

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self._folder = folder
        self._fresh = fresh

    def find(self, key: str) -> Checked | None:
        """Return the checks that were kept under a key; None if there are none."""
        if self._fresh:
            return None
        try:
            found = msgspec.json.decode(read_plain(self._path(key), _MOST_BYTES), type=Checked)
        except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return None
        if found.format != _FORMAT or not all(check.same for check in found.checks):
            return None
        return found

    def keep(self, key: str, checked: Checked) -> None:
        """Keep checks under a key, unless one of them failed."""
        if all(check.same for check in checked.checks):
            user_cache.write(self._path(key), msgspec.json.encode(checked))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def of_run(checked: Checked, contender: str, model: str) -> tuple[WorkerInfo, Sequence[Parity]]:
    """Return kept checks as the events of a run, in which contender and model may be named anew."""
    worker = msgspec.structs.replace(
        checked.worker, contender=contender, model=model, pass_name="parity", launch=0
    )
    return worker, [
        msgspec.structs.replace(
            check, contender=contender, model=model, measured_at=checked.measured_at
        )
        for check in checked.checks
    ]
