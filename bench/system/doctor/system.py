"""Read what the system shows in files below a root folder.

A file that is missing or can't be parsed is no error: the doctor only gives advice.
"""

import re
from pathlib import Path


def read(file: Path) -> str:
    """Return the text of a small file; empty if it can't be read."""
    try:
        return file.read_text(errors="replace").strip()
    except (OSError, ValueError):  # ValueError: a path with a null in it
        return ""


def number(text: str) -> int | None:
    """Return a text as a whole number; None if it isn't a number."""
    # At most 20 digits: the files have no longer numbers, and huge numbers can't become floats.
    return int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else None


def control_groups(root: Path, controller: str) -> list[Path]:
    """List the folders of this process's control group and its parents, of cgroups v1 and v2."""
    mounts = root / "sys/fs/cgroup"
    if next(mounts.glob("*"), None) is None:
        return []
    groups: list[Path] = []
    for line in read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        # In a container the path may be the host's, while its own group is the topmost folder.
        names = [name for name in path.split("/") if name]
        places = (controllers, controller) if controllers else (".", "unified")
        for place in places:
            groups += (mounts.joinpath(place, *names[:depth]) for depth in range(len(names) + 1))
    return groups
