"""Check what must hold after any command, whatever its input was."""

import os
import re
import stat
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from fuzz._calling import Call, Outcome
from fuzz._scene import Snapshot

MOST_BYTES = 3 * 2**30
MOST_SENTENCE = 10_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_UNSHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@dataclass(frozen=True)
class Fault:
    """Hold a broken promise: ``kind`` is the same for the same fault, ``text`` has the details."""

    kind: str
    text: str


@dataclass(frozen=True)
class Step:
    """Hold a call of a case, the folder it may write to, and the exit codes it may have."""

    call: Call
    out: Path | None = None
    codes: Collection[int] = (0, 2)
    coloured: bool = False


def faults(
    step: Step, outcome: Outcome, room: Path, before: Snapshot, after: Snapshot, ours: set[str]
) -> list[Fault]:
    """List the promises that a call broke.

    Parameters
    ----------
    step, outcome : Step, Outcome
        The call and its outcome.
    room : Path
        The folder of the scene.
    before, after : Snapshot
        The files of the scene before and after the call.
    ours : set of str
        The paths that earlier calls wrote to their ``out``. This call's paths are added.
    """
    found = [*_end(step, outcome), *_said(step, outcome), *_did(outcome)]
    return [*found, *_touched(step, outcome, room, before, after, ours)]


def _end(step: Step, outcome: Outcome) -> list[Fault]:
    if outcome.code is None:
        return [Fault(f"endless {_place(outcome)}", f"{outcome.seconds:.0f} s at {outcome.where}")]
    found = []
    if outcome.error or b"Traceback" in outcome.err:
        error = outcome.error or outcome.err.decode(errors="replace").strip().splitlines()[-1]
        place = _place(outcome) or _place_in(outcome.err.decode(errors="replace"))
        kind = f"traceback {error.partition(':')[0][:80]} {place}"
        found.append(Fault(kind, f"{error[:300]} at {outcome.where or place}"))
    elif outcome.code not in step.codes:
        said = outcome.err.decode(errors="replace")[-300:]
        found.append(Fault(f"code {outcome.code}", f"exit code {outcome.code}: {said}"))
    if outcome.peak_bytes > MOST_BYTES:
        mib = outcome.peak_bytes // 2**20
        found.append(Fault("memory", f"{mib:,} MiB"))
    return found


def _place(outcome: Outcome) -> str:
    """Return the place without its line number, which changes with edits of the file."""
    return re.sub(r":\d+ ", " ", outcome.where)


def _place_in(printed: str) -> str:
    frames = re.findall(
        r'File "[^"]*/((?:bench|reports|backends)/[^"]*)", line \d+, in (\S+)', printed
    )
    return " ".join(frames[-1]) if frames else ""


def _said(step: Step, outcome: Outcome) -> list[Fault]:
    if outcome.error or b"Traceback" in outcome.err:
        return []
    found = []
    for name, printed in (("stdout", outcome.out), ("stderr", outcome.err)):
        text = printed.decode("utf-8", "surrogateescape")
        if step.coloured:
            text = _COLOUR.sub("", text)
        bad = sorted({letter for letter in text if letter != "\n" and _unshown(letter)})
        if bad:
            where = text.index(bad[0])
            shown = ascii("".join(bad[:5]))
            near = ascii(text[max(0, where - 60) : where + 20])
            which = "json " if "--json" in step.call.arguments else ""
            found.append(Fault(f"control in {which}{name}", f"{shown} in {name}: …{near}…"))
    said = outcome.err.decode("utf-8", "replace")
    kept = step.call.stderr == "kept"
    if outcome.code == 2 and kept:
        found += _sentence(said)
        if outcome.out and step.call.stdout == "kept":
            # A refusal prints nothing to stdout: another program would take it for a result.
            found.append(Fault("refusal with stdout", repr(outcome.out[:200])))
    elif outcome.code in step.codes and said:
        first = re.sub(r"[^A-Za-z ]+", "", said)[:60]
        found.append(Fault(f"stderr {first}", f"code {outcome.code}, stderr {said[:300]!r}"))
    return found


def _records(snapshot: Snapshot) -> set[tuple[object, ...]]:
    """Return the records of a scene, identified by their run's or report's folder and content."""
    return {
        (Path(path).parts[:2], *about[2:])
        for path, about in snapshot.items()
        if path.endswith(".jsonl")
    }


def _is_cache(path: str, after: Snapshot) -> bool:
    return Path(path).parts[0] == "keras" and after[path][0] == stat.S_IFDIR


def _unshown(character: str) -> bool:
    return unicodedata.category(character) in _UNSHOWN


def _sentence(said: str) -> list[Fault]:
    shape = said.startswith("aebench: ") and said.count("\n") == 1 and said.endswith(".\n")
    if not shape:
        return [Fault("no sentence", f"{said[:200]!r} … {said[-100:]!r}")]
    if re.search(r"\bNone\b\W*$", said):
        return [Fault("a sentence that ends in None", repr(said[-200:]))]
    if len(said) > MOST_SENTENCE:
        return [Fault("a sentence without end", f"{len(said):,} characters: {said[:100]!r}")]
    return []


def _did(outcome: Outcome) -> list[Fault]:
    found = [Fault(f"ran {program.partition(':')[0]}", program) for program in outcome.ran[:1]]
    found += [Fault("wrote outside", path) for path in outcome.wrote[:1]]
    if outcome.survivors:
        found.append(Fault("survivors", "a process of the command is left"))
    return found


def _touched(
    step: Step, outcome: Outcome, room: Path, before: Snapshot, after: Snapshot, ours: set[str]
) -> list[Fault]:
    out = os.path.relpath(os.path.realpath(step.out), room) if step.out else None
    done = outcome.code == 0
    # A record may be moved inside its folder, but what was measured is never lost.
    lost = _records(before) - _records(after)
    found = [Fault("a record lost", f"{len(lost)} of {len(_records(before))}")] if lost else []
    for path, was in before.items():
        if after.get(path) != was and not (done and path in ours):
            what = "gone" if path not in after else "changed"
            refused = "" if done else " by a refusal"
            name = "own" if path in ours else "others'"
            found.append(Fault(f"{name} {what}{refused}", path))
    # The folders of the Keras cache may be made, since a download would go there.
    fresh = [path for path in after if path not in before and not _is_cache(path, after)]
    for path in fresh:
        inside = out is not None and (
            out == "."
            or path == out
            or path.startswith(out + os.sep)
            or out.startswith(path + os.sep)
        )
        if done and inside:
            ours.add(path)
        else:
            place = Path(path).parts[0]
            found.append(Fault(f"left in {place}" + ("" if done else " by a refusal"), path))
    return found[:3]
