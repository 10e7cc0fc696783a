"""What the speed pass showed: throughput, ratios in shared blocks, the cost of an epoch."""

from collections.abc import Sequence
from math import isfinite

import msgspec

from reports import record, statistics
from reports.comparison import Comparison, compare, drift, verdict
from reports.journal import Record
from reports.summary.shared import RECIPE_EPOCHS, Interval, Shown, definitions

# Where a slice stood: run, launch, block.
_Place = tuple[int, int, int]


class EpochCost(msgspec.Struct, frozen=True):
    """What an epoch of ``fit`` over the real data takes, beside and with its steps.

    It takes the mean slice, since an epoch is a sum, slow steps and all; the throughput beside it
    is the median. ``fixed_seconds`` is expected, not seen: ``base_seconds`` are always paid, but
    some backends sometimes wait at an epoch's end (``waiting_share``), and how long depends on
    the epoch (``wait_seconds``). ``call_seconds`` comes once per call.
    """

    steps: int
    fixed_seconds: float
    base_seconds: float
    waiting_share: float
    wait_seconds: float
    call_seconds: float
    seconds: float
    samples_per_second: float
    recipe_seconds: float


class SpeedRow(msgspec.Struct, frozen=True):
    """One contender in one cell; figures are absent where it failed.

    ``shares_blocks`` is whether it was measured in the same blocks as the reference; if so, the
    ``verdict`` goes by the ``adjusted`` interval, all comparisons of the cell holding together, and
    ``detectable`` is the smallest difference that such a run calls in 80 % of cases. ``drift`` is
    there where the last third of its slices differs from the first: it wasn't steady.
    """

    contender: str
    slices: int = 0
    samples_per_second: Interval | None = None
    step_seconds: Interval | None = None
    times_reference: Interval | None = None
    shares_blocks: bool = True
    adjusted: Interval | None = None
    verdict: str = ""
    detectable: float | None = None
    drift: float | None = None
    epoch: EpochCost | None = None
    failure: str = ""


class SpeedCell(msgspec.Struct, frozen=True):
    """Where contenders met: definition × workload × batch size.

    ``launches`` and ``blocks`` are those of the contender that had most.
    """

    definition: str
    workload: str
    batch_size: int
    reference: str
    steps_per_slice: list[int]
    launches: int
    blocks: int
    rows: list[SpeedRow]
    answer: str


def cells(sources: Sequence[Record], entrants: Sequence[Shown]) -> list[SpeedCell]:
    """Summarise every cell in which something was measured or failed."""
    plans = [source.header.plan for source in sources]
    workloads = dict.fromkeys(each for plan in plans for each in plan.workloads)
    batch_sizes = dict.fromkeys(each for plan in plans for each in plan.batch_sizes)
    found = []
    for definition in definitions(sources):
        slices = {
            entrant.name: [
                row for row in entrant.of(record.Slice, definition.name) if row.block >= 0
            ]
            for entrant in entrants
        }
        failed = any(
            each.pass_name == "speed"
            for entrant in entrants
            for each in entrant.of(record.Failure, definition.name)
        )
        for workload in workloads:
            for batch_size in batch_sizes:
                mine = {
                    name: [
                        row
                        for row in rows
                        if (row.workload, row.batch_size) == (workload, batch_size)
                    ]
                    for name, rows in slices.items()
                }
                if failed or any(mine.values()):
                    key = (definition.name, workload, batch_size)
                    found.append(_cell(key, entrants, mine))
    return found


def _cell(
    key: tuple[str, str, int],
    entrants: Sequence[Shown],
    slices: dict[str, list[record.Slice]],
) -> SpeedCell:
    definition, workload, batch_size = key
    # Seconds per step by contender, then by place: blocks are what pairs.
    blocks: dict[str, dict[_Place, float]] = {
        entrant.name: {
            (entrant.run, row.launch, row.block): row.seconds / row.steps
            for row in slices[entrant.name]
        }
        for entrant in entrants
        if slices[entrant.name]
    }
    reference = _reference(entrants, blocks)
    rows = []
    for entrant in entrants:
        failure = entrant.failure("speed", definition)
        mine = blocks.get(entrant.name)
        if not mine:
            rows.append(SpeedRow(entrant.name, failure=failure or "not measured"))
            continue
        seconds = list(mine.values())
        step = statistics.median(seconds)
        ratio = paired = None
        if entrant.name != reference:
            paired = _compare(mine, blocks[reference], comparisons=len(blocks) - 1)
            other = list(blocks[reference].values())
            ratio = paired.ratio if paired else statistics.unpaired_ratio(seconds, other)
        epoch = None
        if workload == "train":
            epoch = _epoch_cost(entrant, definition, batch_size, seconds)
        rows.append(
            SpeedRow(
                entrant.name,
                slices=len(mine),
                samples_per_second=Interval.of(step.inverted().scaled(batch_size)),
                step_seconds=Interval.of(step),
                times_reference=Interval.of(ratio) if ratio else None,
                shares_blocks=paired is not None or entrant.name == reference,
                adjusted=Interval.of(paired.adjusted) if paired else None,
                verdict=verdict(paired.adjusted) if paired else "",
                drift=drift(_by_launch(mine)),
                detectable=paired.detectable if paired and isfinite(paired.detectable) else None,
                epoch=epoch,
                failure=failure,
            )
        )
    return SpeedCell(
        definition,
        workload,
        batch_size,
        reference,
        steps_per_slice=sorted({row.steps for rows in slices.values() for row in rows}),
        launches=max((len({place[:2] for place in mine}) for mine in blocks.values()), default=0),
        blocks=max(map(len, blocks.values()), default=0),
        rows=rows,
        answer=_unfinished(key, entrants, blocks) or _answer(key, blocks),
    )


def _reference(entrants: Sequence[Shown], blocks: dict[str, dict[_Place, float]]) -> str:
    """Choose the first run's reference if it was measured here, else the first that was."""
    wanted = entrants[0].source.header.plan.reference
    names = [entrant.name for entrant in entrants if entrant.name in blocks]
    asked = [entrant.name for entrant in entrants if entrant.info.name == wanted]
    return next((name for name in [*asked, *names] if name in names), wanted)


def _compare(
    mine: dict[_Place, float], other: dict[_Place, float], comparisons: int
) -> Comparison | None:
    """Compare two contenders in the blocks that they share; None if there are none."""
    ratios = {place: mine[place] / other[place] for place in mine.keys() & other.keys()}
    return compare(_by_launch(ratios), comparisons) if ratios else None


def _by_launch(values: dict[_Place, float]) -> list[list[float]]:
    """Sort values into launches, in the order of their blocks."""
    launches: dict[tuple[int, int], list[float]] = {}
    for place in sorted(values):
        launches.setdefault(place[:2], []).append(values[place])
    return list(launches.values())


def _unfinished(
    key: tuple[str, str, int], entrants: Sequence[Shown], blocks: dict[str, dict[_Place, float]]
) -> str:
    """Say if fewer blocks were measured than were planned: verdicts wait for the planned number."""
    definition, workload, batch_size = key
    plans = {entrant.name: entrant.source.header.plan for entrant in entrants}
    for name, mine in blocks.items():
        planned = plans[name].launches * plans[name].blocks
        if len(mine) < planned and len(mine) == max(map(len, blocks.values())):
            return (
                f"Nobody is called fastest for {definition} at batch {batch_size} ({workload}): "
                f"{len(mine)} of {planned} blocks were measured."
            )
    return ""


def _answer(key: tuple[str, str, int], blocks: dict[str, dict[_Place, float]]) -> str:
    """Say who is fastest, if the paired intervals bear it."""
    definition, workload, batch_size = key
    verb = {"train": "trains", "predict": "predicts with"}[workload]
    where = f"{definition} at batch {batch_size}"
    if len(blocks) < 2:
        return ""
    leader = min(blocks, key=lambda each: statistics.median(list(blocks[each].values())).value)
    rivals = sorted(set(blocks) - {leader})
    found = {
        rival: _compare(blocks[rival], blocks[leader], comparisons=len(rivals)) for rival in rivals
    }
    strangers = [rival for rival, comparison in found.items() if comparison is None]
    if strangers:
        return (
            f"No backend is called fastest for {where}: {leader} leads, but shared no blocks with "
            f"{' and '.join(strangers)}."
        )
    beaten = {
        rival: comparison.ratio.value
        for rival, comparison in found.items()
        if comparison and verdict(comparison.adjusted) == "slower"
    }
    if len(beaten) == len(rivals):
        told = " and ".join(f"{each} {beaten[each]:.2g} times" for each in rivals)
        return f"{leader} {verb} {where} fastest here: a step takes {told} as long."
    others = " and ".join(sorted(set(rivals) - set(beaten)))
    return (
        f"No backend is shown to be fastest for {where}: {leader} leads, "
        f"{others} can't be told apart from it."
    )


def _epoch_cost(
    entrant: Shown, definition: str, batch_size: int, step_seconds: Sequence[float]
) -> EpochCost | None:
    ends = [
        row for row in entrant.of(record.ShortEpoch, definition) if row.batch_size == batch_size
    ]
    calls = [
        row.seconds for row in entrant.of(record.Call, definition) if row.batch_size == batch_size
    ]
    if not ends or not calls:
        return None
    end = statistics.epoch_end(
        [row.age_seconds for row in ends],
        # Of the first step only what it takes beyond an ordinary one is the epoch's.
        [row.seam_seconds + row.first_step_seconds - row.step_seconds for row in ends],
        tuple(entrant.of(record.Worker, definition)[0].epoch_end_ticks_seconds),
    )
    steps = entrant.source.header.data.train_samples // batch_size
    # An epoch is a sum of steps, slow ones too: its expectation takes their mean. The fixed cost is
    # averaged over the speeds seen, since a tick just behind the mean may be before or behind.
    works = [steps * each for each in step_seconds]
    work = sum(works) / len(works)
    fixed = sum(map(end.expected_seconds, works)) / len(works)
    call = statistics.median(calls).value
    seconds = work + fixed
    return EpochCost(
        steps=steps,
        fixed_seconds=fixed,
        base_seconds=end.base_seconds,
        waiting_share=end.waits,
        wait_seconds=end.wait_seconds(work),
        call_seconds=call,
        seconds=seconds,
        samples_per_second=steps * batch_size / seconds,
        recipe_seconds=call + RECIPE_EPOCHS * seconds,
    )
