"""Replay a record's own launches to check its intervals, and print the tables as Markdown.

Usage: ``python tools/replay.py RECORD``. For every workload and batch size it prints

- *pieces*: how often the 95 % interval of a piece of a quick run's size (three launches of six
  blocks each, models pooled) holds the ratio of the other launches. These have an error too, which
  the second share takes into account;
- *halves*: how often the intervals of odd and of even launches fail to overlap, for ratios and for
  throughput, and the same for throughput as if all rounds were independent;
- *spreads*: the standard deviation of a pair, and of a launch's mean by all blocks, by six in a row
  and by six spread over the launch;
- *looks*: after how many launches the verdicts would have stood, and whether they are the record's.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from aebench.reports import record
from aebench.reports.comparison import launch_means, pair_sd
from aebench.reports.journal import load
from aebench.reports.launches import combined, estimate, mean_error, spread, spreads
from aebench.reports.statistics import Estimate, median
from aebench.reports.summary.cell_rounds import CellRounds
from aebench.reports.summary.shared import contenders
from replay_looks import print_looks

LAUNCHES, BLOCKS = 3, 6
DRAWS = 400


def cells(path: Path) -> Iterator[CellRounds]:
    """Yield the cells of a record."""
    source = load(path)
    views = contenders([source])
    # A/A controls that take turns have no launches in common with all others.
    if sum(view.info.is_aa_control for view in views) > 1:
        views = [view for view in views if not view.info.is_aa_control]
    for cell in source.header.cells:
        key = (cell.model, cell.workload, cell.batch_size)
        rounds = {
            view.name: {
                (0, row.launch, row.block): row
                for row in view.of_batch(record.Round, cell.model, cell.batch_size)
                if row.workload == cell.workload and row.block >= 0
            }
            for view in views
        }
        watched = {
            (0, row.launch, row.block): row
            for row in source.of(record.Block)
            if (row.model, row.workload, row.batch_size) == key
        }
        yield CellRounds(key, rounds, watched)


def pieces(group: Sequence[CellRounds], name: str, against: str) -> tuple[float, float]:
    """Return how often pieces hold the other launches' ratio, without and with its own error."""
    random = np.random.default_rng(1)
    ratios = [[np.log(each) for each in cell.ratios(name, against).values()] for cell in group]
    plain, fair = [], []
    for _ in range(DRAWS):
        drawn = [random.permutation(len(launches)) for launches in ratios]
        means = [
            [_spread_over(launches[at], random).mean() for at in order[:LAUNCHES]]
            for launches, order in zip(ratios, drawn, strict=True)
        ]
        for each, known, launches, order in zip(means, spreads(means), ratios, drawn, strict=True):
            others = [launches[at].mean() for at in order[LAUNCHES:]]
            truth = float(np.mean(others))
            error = mean_error(known, LAUNCHES)
            its = mean_error(spread(others), len(others))
            assert error and its
            plain.append(_holds(estimate(float(np.mean(each)), error), truth))
            fair.append(_holds(estimate(float(np.mean(each)), combined(error, its)), truth))
    return float(np.mean(plain)), float(np.mean(fair))


def _spread_over(blocks: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return some blocks of a launch, at equal distances."""
    distance = max(1, len(blocks) // BLOCKS)
    return blocks[random.integers(distance) :: distance][:BLOCKS]


def _holds(found: Estimate, logarithm: float) -> bool:
    assert found.low is not None and found.high is not None
    return found.low <= math.exp(logarithm) <= found.high


def apart(one: Estimate, other: Estimate) -> bool:
    """Return whether two intervals don't overlap."""
    assert None not in (one.low, one.high, other.low, other.high)
    return bool(one.high < other.low or other.high < one.low)  # type: ignore[operator]


def halves_apart(
    groups: Sequence[Sequence[CellRounds]], values: Callable[[CellRounds], dict[str, list[float]]]
) -> tuple[int, int]:
    """Return of how many contenders' cells the halves' intervals don't overlap, and of all."""
    count = total = 0
    for group in groups:
        found = [values(cell) for cell in group]
        for name in found[0]:
            halves = []
            for first in (0, 1):
                means = [each[name][first::2] for each in found]
                halves.append(
                    [
                        estimate(float(np.mean(each)), mean_error(known, len(each)))
                        for each, known in zip(means, spreads(means), strict=True)
                    ]
                )
            for one, other in zip(*halves, strict=True):
                total += 1
                count += apart(one, other)
    return count, total


def independent_halves_apart(found: Sequence[CellRounds]) -> int:
    """Return the same of throughputs, as if all rounds were independent."""
    count = 0
    for cell in found:
        for name in cell.blocks:
            launches = list(cell.by_launch(name).values())
            one, other = (median(np.concatenate(launches[first::2])) for first in (0, 1))
            count += apart(one, other)
    return count


def main(path: Path) -> None:
    """Print the tables of a record."""
    found = [cell for cell in cells(path) if cell.blocks]
    groups: dict[tuple[str, int], list[CellRounds]] = {}
    for cell in found:
        groups.setdefault(cell.key[1:], []).append(cell)
    reference = load(path).header.plan.reference
    print(
        "| cells | contender | pieces hold | with the others' error | SD of a pair | of a launch |"
        " by six in a row | by six spread |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (workload, batch_size), group in groups.items():
        for name in group[0].blocks:
            if name != reference:
                plain, fair = pieces(group, name, reference)
                launches = [list(cell.ratios(name, reference).values()) for cell in group]
                pairs = [pair_sd(each) or 0.0 for each in launches]
                texts = [
                    f"{100 * math.sqrt(np.mean(np.square(each))):.1f} %"
                    for each in (
                        pairs,
                        [_sd(each) for each in launches],
                        [_sd([row[:BLOCKS] for row in each]) for each in launches],
                        [
                            _sd([row[:: max(1, len(row) // BLOCKS)] for row in each])
                            for each in launches
                        ],
                    )
                ]
                print(
                    f"| {workload}, batch {batch_size} | {name} | {100 * plain:.1f} % | "
                    f"{100 * fair:.1f} % | {' | '.join(texts)} |"
                )
    of_ratios = halves_apart(
        list(groups.values()),
        lambda cell: {
            name: cell.ratio_means(name, reference) for name in cell.blocks if name != reference
        },
    )
    of_throughputs = halves_apart(
        list(groups.values()),
        lambda cell: {name: list(cell.step_logs(name).values()) for name in cell.blocks},
    )
    print(
        f"\nIntervals of odd and of even launches don't overlap: ratios {of_ratios[0]} of "
        f"{of_ratios[1]}, throughputs {of_throughputs[0]} of {of_throughputs[1]}; throughputs as "
        f"if all rounds were independent {independent_halves_apart(found)} of {of_throughputs[1]}."
    )
    print_looks(load(path))


def _sd(launches: Sequence[Sequence[float]]) -> float:
    return float(np.std(launch_means(launches), ddof=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
