"""Reading what the system tells in files below a root.

A file that isn't there or can't be understood is never an error, since all this is advice.
"""

import re
from pathlib import Path


def read(file: Path) -> str:
    """Read a small file; nothing if that can't be done."""
    try:
        return file.read_text(errors="replace").strip()
    except (OSError, ValueError):  # ValueError: a path with a null in it
        return ""


def number(text: str) -> int | None:
    """Understand a whole number; None if it is none."""
    # No such file holds a longer number, and far longer ones fit no float.
    return int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else None


def control_groups(root: Path, controller: str) -> list[Path]:
    """List the folders of this process's control group and its parents, in versions 1 and 2."""
    mounts = root / "sys/fs/cgroup"
    if next(mounts.glob("*"), None) is None:
        return []
    groups: list[Path] = []
    for line in read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        # A container may be told its path on the host, and be shown its own group as the top.
        names = [name for name in path.split("/") if name]
        places = (controllers, controller) if controllers else (".", "unified")
        for place in places:
            groups += (mounts.joinpath(place, *names[:depth]) for depth in range(len(names) + 1))
    return groups
