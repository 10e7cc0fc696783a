"""``manifest.json``: a list of the files that aebench wrote into a folder, with their SHA-256.

By the list aebench knows its own files from the user's files in the same folder, and the records
of a report from other records in the same folder.
"""

import hashlib
from pathlib import Path, PurePosixPath

import msgspec

from aebench.reports.compressed import ENDING
from aebench.reports.files import open_plain, read_plain

NAME = "manifest.json"
RECORDS = "records"
_MOST_BYTES = 16 * 2**20
_MOST_FILE_BYTES = 2**40
_PIECE_BYTES = 2**20
_ABOUT = "The files here that aebench wrote, with their SHA-256: it replaces no others."


class ManifestError(Exception):
    """A manifest, or a listed file, is not as aebench wrote it; the message says what to do."""


class Manifest(msgspec.Struct):
    """The files of a folder.

    Parameters
    ----------
    files : dict of str to list of str
        Maps a file's path in the folder, with ``/`` between its parts, to a list of its SHA-256.
        The list has two hashes while a new file replaces an old one.
    about : str
        A sentence for people who open the file.
    """

    files: dict[str, list[str]]
    about: str = _ABOUT

    def encode(self) -> bytes:
        """Return the manifest as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic")) + b"\n"


def read(folder: Path) -> Manifest | None:
    """Return a folder's manifest; None if there is no such file.

    Raises
    ------
    ManifestError
        If the file of that name is no manifest, or lists paths outside the folder.
    """
    path = folder / NAME
    try:
        manifest = msgspec.json.decode(read_plain(path, _MOST_BYTES), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError(
            f"{path} is not what aebench writes there: give another folder, or move it away."
        ) from error
    if not all(map(_is_inside, manifest.files)):
        raise ManifestError(f"{path} names files outside its folder: give another folder.")
    return manifest


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name and name != NAME


def records(folder: Path) -> list[Path]:
    """Return the paths of a report's records, sorted by name; empty if the folder is no report.

    Parameters
    ----------
    folder : Path
        Path of the report.

    Raises
    ------
    ManifestError
        If a record is missing or was changed.
    """
    manifest = read(folder)
    if manifest is None:
        return []
    found = [
        name
        for name in sorted(manifest.files)
        if PurePosixPath(name).parent == PurePosixPath(RECORDS)
        and name.endswith((".jsonl", f".jsonl{ENDING}"))
    ]
    for name in found:
        if sha256(folder / name) not in manifest.files[name]:
            raise ManifestError(
                f"{folder / name} is not the record that the report was made of: put that back, "
                "or make the report again in a new folder."
            )
    return [folder / name for name in found]


def sha256(path: Path, most_bytes: int = _MOST_FILE_BYTES) -> str:
    """Return the SHA-256 of a file's first ``most_bytes``; empty if it is no regular file."""
    digest = hashlib.sha256()
    try:
        with open_plain(path, _MOST_FILE_BYTES, follow=False) as file:
            while piece := file.read(min(most_bytes, _PIECE_BYTES)):
                digest.update(piece)
                most_bytes -= len(piece)
    except OSError:
        return ""
    return digest.hexdigest()
