"""Compress records in place: ``python tools/compress_records.py docs/measured/*.jsonl``.

``X.jsonl`` becomes ``X.jsonl.zst``, which aebench reads without unpacking. The plain file is
removed after a check that the compressed file unpacks to the same bytes. ``zstd -d`` restores it.

To compress the records of a published report, make the report again in its own folder:
``aebench report FOLDER/records/*.jsonl -o FOLDER``.
"""

import hashlib
import sys
from pathlib import Path

from aebench.reports.compressed import ENDING, compress, open_record
from aebench.reports.record.bounds import MOST_RECORD_BYTES


def sha256(path: Path) -> str:
    """Return the SHA-256 of a record's plain bytes."""
    with open_record(path, MOST_RECORD_BYTES) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Compress the records that the command line names."""
    for path in map(Path, sys.argv[1:]):
        target = path.with_name(path.name + ENDING)
        with path.open("rb") as source:
            compress(source, target)
        if sha256(path) != sha256(target):
            target.unlink()
            raise SystemExit(f"{target} doesn't unpack to the bytes of {path}: {path} was kept.")
        before, after = path.stat().st_size, target.stat().st_size
        path.unlink()
        print(f"{target}: {before:,} -> {after:,} bytes")


if __name__ == "__main__":
    main()
