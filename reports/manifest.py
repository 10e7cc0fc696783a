"""``manifest.json``: what aebench wrote into a folder, by the SHA-256 of each file.

By it aebench tells its own files in a folder from the user's. It also tells the records of a report
from others that lie beside them.
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
    """A manifest or a file of it isn't what aebench wrote; the message says what to do."""


class Manifest(msgspec.Struct):
    """The files of a folder.

    Parameters
    ----------
    files : dict of str to list of str
        By path within the folder, with ``/`` between its parts: what was written there. Two hashes
        while one replaces the other.
    about : str
        For whoever finds the file.
    """

    files: dict[str, list[str]]
    about: str = _ABOUT

    def encode(self) -> bytes:
        """Write it as JSON for people too."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic")) + b"\n"


def read(folder: Path) -> Manifest | None:
    """Read a folder's manifest; None if it has none.

    Raises
    ------
    ManifestError
        If there is something else by its name.
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
    """List the records that a report was made of, by name; none of what is no report.

    Parameters
    ----------
    folder : Path
        Of the report.

    Raises
    ------
    ManifestError
        If one isn't there as it was.
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
    """Hash a file, or so much of it; empty for what is no plain file, a link included."""
    digest = hashlib.sha256()
    try:
        with open_plain(path, _MOST_FILE_BYTES, follow=False) as file:
            while piece := file.read(min(most_bytes, _PIECE_BYTES)):
                digest.update(piece)
                most_bytes -= len(piece)
    except OSError:
        return ""
    return digest.hexdigest()
