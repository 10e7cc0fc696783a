"""Find the size of the processor's last-level cache."""

import re
from collections.abc import Collection
from pathlib import Path

_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def last_level_bytes(cores: Collection[int], root: Path = Path("/")) -> int | None:
    """Return the bytes of the last-level caches of some cores together; None if unknown.

    Parameters
    ----------
    cores : collection of int
        The cores' numbers. Cores that share a cache count it once.
    root : Path
        The folder that holds ``sys``.
    """
    found: dict[str, int] = {}
    for core in cores:
        caches = (root / f"sys/devices/system/cpu/cpu{core}/cache").glob("index*")
        known = [
            (_text(each / "level"), size, _text(each / "shared_cpu_list"))
            for each in caches
            if _text(each / "type") != "Instruction" and (size := _bytes(_text(each / "size")))
        ]
        if known:
            level, size, shared_by = max(known)
            found[f"{level}: {shared_by or core}"] = size
    return sum(found.values()) or None


def _bytes(text: str) -> int | None:
    """Return a size such as "32768K" in bytes; None if the text is no size."""
    found = re.fullmatch("([0-9]{1,9})([KMG])", text)
    return int(found[1]) * _UNITS[found[2]] if found else None


def _text(file: Path) -> str:
    """Return the text of a small file; empty if it can't be read."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
