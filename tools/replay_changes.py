"""Compare runs, or halves of a run, that hold no change, and print what is called one.

Usage: ``python tools/replay_changes.py RECORD... [--most MOST]``. Of several records, which
measured the same, each pair is compared. The launches of a single one are divided into two halves
in all ways, or in MOST ways drawn by chance; ``aebench compare`` then takes the halves for two
runs. Printed are, per workload and batch size, how often the 95 % interval of a change holds 1, and
in how many divisions any change is told. Halves of one run share the run's own effect: what runs
differ by beside their launches isn't in these.
"""

import argparse
import itertools
import math
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

from aebench.reports.changes import Changes, Sides, compare
from aebench.reports.changes.change import TIME
from aebench.reports.changes.run_values import RunValues
from aebench.reports.formatting import percent
from aebench.reports.journal import Record, load

CHANGED = ("slower", "faster")


def half(source: Record, launches: Sequence[int]) -> RunValues:
    """Return the measurements of some of a record's launches."""
    events = [
        event
        for event in source.events
        if getattr(event, "pass_name", "") != "speed"
        or getattr(event, "launch", launches[0]) in launches
    ]
    made = Record(source.header)
    made.events = events
    return RunValues(made)


def divisions(launches: Sequence[int], most: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the ways to divide launches into two halves, or some of them."""
    found = []
    for mine in itertools.combinations(launches, len(launches) // 2):
        theirs = tuple(each for each in launches if each not in mine)
        if (theirs, mine) not in found:
            found.append((mine, theirs))
    if len(found) > most:
        found = random.Random(20260101).sample(found, most)
    return found


def of_pairs(sources: Sequence[Record]) -> list[Changes]:
    """Return what is told of each pair of runs, the earlier as the base."""
    runs = [RunValues(each) for each in sorted(sources, key=lambda each: each.header.created)]
    return [compare(Sides([base], [new])) for base, new in itertools.combinations(runs, 2)]


def of_halves(source: Record, most: int) -> list[Changes]:
    """Return what is told of each division."""
    launches = sorted({row.launch for row in source.events if hasattr(row, "block")})
    return [
        compare(Sides([half(source, mine)], [half(source, theirs)]))
        for mine, theirs in divisions(launches, most)
    ]


def main(paths: Sequence[Path], most: int) -> None:
    """Print the table and the sentence on records."""
    sources = [load(path) for path in paths]
    told = of_pairs(sources) if len(sources) > 1 else of_halves(sources[0], most)
    held: dict[tuple[str, str], list[bool]] = {}
    widths = []
    for each in told:
        for change in each.changes:
            ratio = change.ratio
            if change.quantity == TIME and ratio and ratio.low and ratio.high:
                key = (f"{change.place[0]}, batch {change.place[2]}", change.contender)
                held.setdefault(key, []).append(ratio.low <= 1 <= ratio.high)
                widths.append(math.sqrt(ratio.high / ratio.low) - 1)
    print("| cells | contender | changes | intervals that hold 1 |")
    print("| --- | --- | ---: | ---: |")
    for (where, name), found in held.items():
        print(f"| {where} | {name} | {len(found)} | {100 * sum(found) / len(found):.1f} % |")
    false = sum(any(word in CHANGED for word in each.verdicts) for each in told)
    cells = sum(change.quantity == TIME and change.judged is not None for change in told[0].changes)
    what = "Pairs of runs" if len(sources) > 1 else "Divisions"
    print(
        f"\n- {what} in which any of {cells} times is called slower or faster: {false} of "
        f"{len(told)}."
    )
    print(
        f"- Half-widths of the intervals: {percent(min(widths))} to {percent(max(widths))}, median "
        f"{percent(statistics.median(widths))}."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=35)
    asked = parser.parse_args()
    main(asked.records, asked.most)
