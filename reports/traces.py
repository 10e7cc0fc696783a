"""Name and copy the traces of a record, which are in the folder ``traces/`` next to it.

A trace's name is made from its backend, model and SHA-256. No path is read from the record.
"""

import hashlib
from pathlib import Path

from aebench.reports.files import read_plain
from aebench.reports.journal import Record
from aebench.reports.record import Header, Profile
from aebench.reports.sanitize import file_name

MOST_TRACE_BYTES = 512 * 2**20


def trace_path(folder: Path, header: Header, profile: Profile) -> Path:
    """Return the path of a profile's trace.

    Parameters
    ----------
    folder : Path
        The folder that contains the record.
    header : Header
        The record's header. It gives the contender's backend, which is used in the file's name
        since a contender's own name may be any text.
    profile : Profile
        The profile.
    """
    backends = {each.name: each.backend for each in header.contenders}
    words = [
        backends.get(profile.contender, ""),
        profile.model,
        profile.trace_sha256[:8],
    ]
    stem = "-".join(map(file_name, words))
    return folder / "traces" / f"{stem}.json.gz"


def copy(record: Record, folder: Path, target: Path) -> list[tuple[str, Path]]:
    """Copy a record's traces to the folder of the record's copy.

    Parameters
    ----------
    record : Record
        The record.
    folder, target : Path
        The folder of the record, and the folder of its copy; traces are in ``traces/`` of each.

    Returns
    -------
    list of (str, Path)
        For each copied trace its contender, model and batch size as text, and its new path. Traces
        that are missing, or whose SHA-256 isn't the record's, are not copied.
    """
    copied = []
    # Profiles by the path of their trace: several profiles with the same trace copy it once.
    profiles = {trace_path(folder, record.header, each): each for each in record.of(Profile)}
    for source, profile in profiles.items():
        kept = trace_path(target, record.header, profile)
        try:
            content = read_plain(source, MOST_TRACE_BYTES)
        except OSError:
            continue
        if hashlib.sha256(content).hexdigest() != profile.trace_sha256:
            continue
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
        of = f"{profile.contender}, {profile.model}, batch {profile.batch_size}"
        copied.append((of, kept))
    return copied
