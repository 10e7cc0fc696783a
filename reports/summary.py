"""One summary of a record, from which every renderer draws, in seconds, samples and bytes."""

from collections.abc import Iterable, Sequence

import msgspec

from reports import record, statistics
from reports.journal import Record
from reports.statistics import Estimate

RECIPE_EPOCHS = 20
MIB = 2**20


class Interval(msgspec.Struct, frozen=True):
    """A value with its 95 % interval, which is absent where none can be given."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, estimate: Estimate) -> "Interval":
        """Take over an estimate."""
        return cls(estimate.value, estimate.low, estimate.high)


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
    """One contender in one cell; figures are absent where it failed."""

    contender: str
    slices: int = 0
    samples_per_second: Interval | None = None
    step_seconds: Interval | None = None
    times_reference: Interval | None = None
    epoch: EpochCost | None = None
    failure: str = ""


class SpeedCell(msgspec.Struct, frozen=True):
    """Where contenders met: definition × workload × batch size."""

    definition: str
    workload: str
    batch_size: int
    reference: str
    steps_per_slice: int
    launches: int
    blocks: int
    rows: list[SpeedRow]
    answer: str


class FootprintRow(msgspec.Struct, frozen=True):
    """Cold starts of one contender × definition: medians over launches, per phase."""

    contender: str
    definition: str
    launches: int = 0
    phase_seconds: dict[str, float] = {}
    phase_peak_bytes: dict[str, int] = {}
    phase_resident_bytes: dict[str, int] = {}
    total_seconds: Interval | None = None
    peak_bytes: Interval | None = None
    exact: bool = True
    device_peak_bytes: int | None = None
    parameters: int = 0
    weight_bytes: int = 0
    frameworks_held: list[str] = []
    failure: str = ""


class QualityRow(msgspec.Struct, frozen=True):
    """Training of one contender × definition; intervals are the seeds' range."""

    contender: str
    definition: str
    seeds: int = 0
    epochs: int = 0
    test_loss: Interval | None = None
    train_loss: Interval | None = None
    gap: Interval | None = None
    epoch_seconds: float = 0.0
    test_losses: list[float] = []
    failure: str = ""


class Summary(msgspec.Struct, frozen=True):
    """Everything that the tables show."""

    name: str
    created: str
    aebench: str
    outcome: str
    command: list[str]
    plan: record.PlanInfo
    data: record.DataInfo
    machine: record.MachineInfo
    versions: dict[str, str]
    settings: dict[str, dict[str, str]]
    definitions: list[record.DefinitionInfo]
    speed: list[SpeedCell]
    footprint: list[FootprintRow]
    quality: list[QualityRow]
    failures: list[record.Failure]
    notices: list[str]


def summarise(source: Record) -> Summary:
    """Derive everything that is shown from a record.

    Parameters
    ----------
    source : Record
        As loaded; it may end anywhere.
    """
    header = source.header
    ends = source.of(record.End)
    workers = source.of(record.Worker)
    versions: dict[str, str] = {}
    settings: dict[str, dict[str, str]] = {}
    for worker in workers:
        versions |= worker.versions
        settings[worker.contender] = {**worker.settings, "cores": str(worker.cores)}
    failures = source.of(record.Failure)
    return Summary(
        name=header.name,
        created=header.created,
        aebench=header.aebench,
        outcome=ends[-1].outcome if ends else "unfinished",
        command=header.command,
        plan=header.plan,
        data=header.data,
        machine=header.machine,
        versions=dict(sorted(versions.items())),
        settings=settings,
        definitions=header.definitions,
        speed=_speed(source),
        footprint=_footprint(source),
        quality=_quality(source),
        failures=failures,
        notices=_notices(source, ends),
    )


def _notices(source: Record, ends: Sequence[record.End]) -> list[str]:
    header = source.header
    notices = [header.data.notice] if header.data.notice else []
    if source.damage:
        notices.append(f"The record is damaged: {source.damage}.")
    if ends and ends[-1].outcome == "interrupted":
        notices.append("The run was interrupted: what was measured before is shown.")
    if not ends:
        notices.append("The run hasn't ended: what was measured so far is shown.")
    guests: dict[str, list[str]] = {}
    for worker in source.of(record.Worker):
        foreign = sorted(set(worker.frameworks_held) - {_backend(source, worker.contender)})
        if worker.pass_name == "footprint" and foreign:
            hosts = guests.setdefault(" and ".join(foreign), [])
            hosts.append(worker.contender)
    for foreign_names, hosts in guests.items():
        whose = " and ".join(dict.fromkeys(hosts))
        notices.append(
            f"In their footprints, {whose} hold {foreign_names} too, since Keras and TensorFlow "
            "import what they find: an environment with one backend alone gives its own figure."
        )
    return notices


def _backend(source: Record, contender: str) -> str:
    return next(each.backend for each in source.header.contenders if each.name == contender)


def _failure(source: Record, pass_name: str, contender: str, definition: str) -> str:
    for each in source.header.contenders:
        if each.name == contender and each.missing:
            return each.missing
    for failure in source.of(record.Failure):
        if (failure.pass_name, failure.contender, failure.definition) == (
            pass_name,
            contender,
            definition,
        ):
            return failure.reason
    return ""


def _speed(source: Record) -> list[SpeedCell]:
    header = source.header
    slices = [row for row in source.of(record.Slice) if row.block >= 0]
    cells = []
    for definition in header.definitions:
        for workload in header.plan.workloads:
            for batch_size in header.plan.batch_sizes:
                key = (definition.name, workload, batch_size)
                mine = [
                    row for row in slices if (row.definition, row.workload, row.batch_size) == key
                ]
                failed = any(
                    failure.pass_name == "speed" and failure.definition == definition.name
                    for failure in source.of(record.Failure)
                )
                if mine or failed:
                    cells.append(_speed_cell(source, key, mine))
    return cells


def _speed_cell(
    source: Record, key: tuple[str, str, int], slices: Sequence[record.Slice]
) -> SpeedCell:
    header = source.header
    definition, workload, batch_size = key
    # Seconds per step by contender, then by (launch, block): blocks are what pairs.
    blocks: dict[str, dict[tuple[int, int], float]] = {}
    for row in slices:
        blocks.setdefault(row.contender, {})[row.launch, row.block] = row.seconds / row.steps
    reference = header.plan.reference
    if reference not in blocks and blocks:
        reference = sorted(blocks)[0]
    rows = []
    for contender in header.contenders:
        failure = _failure(source, "speed", contender.name, definition)
        mine = blocks.get(contender.name)
        if not mine:
            rows.append(SpeedRow(contender.name, failure=failure or "not measured"))
            continue
        step = statistics.median(list(mine.values()))
        ratio = None
        if contender.name != reference:
            ratio = _ratio(mine, blocks[reference])
        epoch = None
        if workload == "train":
            epoch = _epoch_cost(source, contender.name, definition, batch_size, list(mine.values()))
        rows.append(
            SpeedRow(
                contender.name,
                slices=len(mine),
                samples_per_second=Interval.of(step.inverted().scaled(batch_size)),
                step_seconds=Interval.of(step),
                times_reference=Interval.of(ratio) if ratio else None,
                epoch=epoch,
                failure=failure,
            )
        )
    return SpeedCell(
        definition,
        workload,
        batch_size,
        reference,
        steps_per_slice=slices[0].steps if slices else 0,
        launches=len({row.launch for row in slices}),
        blocks=len({(row.launch, row.block) for row in slices}),
        rows=rows,
        answer=_answer(key, blocks),
    )


def _ratio(
    mine: dict[tuple[int, int], float],
    other: dict[tuple[int, int], float],
    confidence: float = 0.95,
) -> Estimate | None:
    shared = sorted(mine.keys() & other.keys())
    if not shared:
        return None
    return statistics.paired_ratio(
        [mine[block] for block in shared], [other[block] for block in shared], confidence
    )


MARGIN = 0.01


def _answer(key: tuple[str, str, int], blocks: dict[str, dict[tuple[int, int], float]]) -> str:
    """Say who is fastest, if the paired intervals bear it."""
    definition, workload, batch_size = key
    verb = {"train": "trains", "predict": "predicts with"}[workload]
    where = f"{definition} at batch {batch_size}"
    if len(blocks) < 2:
        return ""
    leader = min(blocks, key=lambda each: statistics.median(list(blocks[each].values())).value)
    rivals = sorted(set(blocks) - {leader})
    # Bonferroni: all the comparisons below hold together at 95 %.
    confidence = 1 - 0.05 / len(rivals)
    ratios = {rival: _ratio(blocks[rival], blocks[leader], confidence) for rival in rivals}
    beaten = {
        rival: ratio
        for rival, ratio in ratios.items()
        if ratio is not None and ratio.low is not None and ratio.low > 1 + MARGIN
    }
    if len(beaten) == len(rivals):
        told = " and ".join(f"{each} {beaten[each].value:.2g} times" for each in rivals)
        return f"{leader} {verb} {where} fastest here: a step takes {told} as long."
    others = " and ".join(sorted(set(rivals) - set(beaten)))
    return (
        f"No backend is shown to be fastest for {where}: {leader} leads, "
        f"{others} can't be told apart from it."
    )


def _epoch_cost(
    source: Record,
    contender: str,
    definition: str,
    batch_size: int,
    step_seconds: Sequence[float],
) -> EpochCost | None:
    def mine(row: record.ShortEpoch | record.Call) -> bool:
        return (row.contender, row.definition, row.batch_size) == (
            contender,
            definition,
            batch_size,
        )

    ends = [row for row in source.of(record.ShortEpoch) if mine(row)]
    calls = [row.seconds for row in source.of(record.Call) if mine(row)]
    if not ends or not calls:
        return None
    ticks = next(
        worker.epoch_end_ticks_seconds
        for worker in source.of(record.Worker)
        if worker.contender == contender
    )
    end = statistics.epoch_end(
        [row.age_seconds for row in ends],
        # Of the first step only what it takes beyond an ordinary one is the epoch's.
        [row.seam_seconds + row.first_step_seconds - row.step_seconds for row in ends],
        tuple(ticks),
    )
    steps = source.header.data.train_samples // batch_size
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


def _pairs(source: Record) -> Iterable[tuple[str, str]]:
    for definition in source.header.definitions:
        for contender in source.header.contenders:
            yield definition.name, contender.name


def _range(values: Sequence[float]) -> Interval:
    """Give the median, and the range where there is more than one value."""
    middle = statistics.median(values).value
    return Interval(middle, min(values), max(values)) if len(values) > 1 else Interval(middle)


def _footprint(source: Record) -> list[FootprintRow]:
    if "footprint" not in source.header.plan.passes:
        return []
    weights = {each.name: each.weight_bytes for each in source.header.definitions}
    rows = []
    for definition, contender in _pairs(source):
        phases = [
            row
            for row in source.of(record.Phase)
            if (row.definition, row.contender) == (definition, contender)
        ]
        facts = [
            row
            for row in source.of(record.FootprintFacts)
            if (row.definition, row.contender) == (definition, contender)
        ]
        done = {row.launch for row in facts}
        failure = _failure(source, "footprint", contender, definition)
        if not done:
            if failure:
                rows.append(FootprintRow(contender, definition, failure=failure))
            continue
        names = list(dict.fromkeys(row.phase for row in phases))
        whole = [row for row in phases if row.launch in done]

        def middle(values: Iterable[float]) -> float:
            return statistics.median(list(values)).value

        held = next(
            worker.frameworks_held
            for worker in source.of(record.Worker)
            if (worker.pass_name, worker.definition, worker.contender)
            == ("footprint", definition, contender)
        )
        rows.append(
            FootprintRow(
                contender,
                definition,
                launches=len(done),
                phase_seconds={
                    name: middle(row.seconds for row in whole if row.phase == name)
                    for name in names
                },
                phase_peak_bytes={
                    name: int(middle(row.peak_bytes for row in whole if row.phase == name))
                    for name in names
                },
                phase_resident_bytes={
                    name: int(middle(row.resident_bytes for row in whole if row.phase == name))
                    for name in names
                },
                total_seconds=_range(
                    [sum(row.seconds for row in whole if row.launch == each) for each in done]
                ),
                peak_bytes=_range(
                    [max(row.peak_bytes for row in whole if row.launch == each) for each in done]
                ),
                exact=all(row.exact for row in whole),
                device_peak_bytes=facts[-1].device_peak_bytes,
                parameters=facts[-1].parameters,
                weight_bytes=weights[definition],
                frameworks_held=held,
                failure=failure,
            )
        )
    return rows


def _quality(source: Record) -> list[QualityRow]:
    if "quality" not in source.header.plan.passes:
        return []
    epochs = source.header.plan.epochs
    rows = []
    for definition, contender in _pairs(source):
        mine = [
            row
            for row in source.of(record.QualityEpoch)
            if (row.definition, row.contender) == (definition, contender)
        ]
        failure = _failure(source, "quality", contender, definition)
        last = [row for row in mine if row.epoch == epochs and row.train_loss is not None]
        if not last:
            if failure:
                rows.append(QualityRow(contender, definition, failure=failure))
            continue
        train = [row.train_loss for row in last if row.train_loss is not None]
        rows.append(
            QualityRow(
                contender,
                definition,
                seeds=len(last),
                epochs=epochs,
                test_loss=_range([row.test_loss for row in last]),
                train_loss=_range(train),
                gap=_range([row.test_loss - each for row, each in zip(last, train, strict=True)]),
                epoch_seconds=statistics.median(
                    [row.train_seconds for row in mine if row.epoch > 1]
                    or [row.train_seconds for row in mine]
                ).value,
                test_losses=[
                    statistics.median([row.test_loss for row in mine if row.epoch == epoch]).value
                    for epoch in range(1, epochs + 1)
                ],
                failure=failure,
            )
        )
    return rows
