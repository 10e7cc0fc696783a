"""Where the traces of a record lie: beside it, each named by what it holds, never by the record."""

import hashlib
from pathlib import Path

from aebench.reports.files import read_plain
from aebench.reports.journal import Record
from aebench.reports.record import Header, Profile
from aebench.reports.sanitize import file_name

MOST_TRACE_BYTES = 512 * 2**20


def trace_path(folder: Path, header: Header, profile: Profile) -> Path:
    """Tell where the trace of a profile is kept.

    Parameters
    ----------
    folder : Path
        The record's.
    header : Header
        The record's; of a contender only its backend goes into the name, which may be anything.
    profile : Profile
        Of which profile.
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
    """Copy a record's traces to where its copy is to lie.

    Parameters
    ----------
    record : Record
        Of a folder.
    folder, target : Path
        Where the record lies, and where its copy does; traces are in ``traces/`` of each.

    Returns
    -------
    list of (str, Path)
        What each is of, and where it lies now; without those that aren't there, or aren't what
        the record says they are.
    """
    copied = []
    # By its path: the same trace twice is one.
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
