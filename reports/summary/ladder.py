"""Summarise the ladder pass: what a step takes on each rung, and what a rung adds to its base."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, pairs

# The lowest rung: products of matrices alone, which contenders compute by their own libraries.
PRODUCTS = "products"
# A cell within a launch.
_Launch = tuple[str, int, int]


class RungRow(msgspec.Struct, frozen=True):
    """One rung of a contender in a cell.

    ``step_seconds`` is the mean over launches of their median; ``added_seconds`` of the difference
    to the ``base`` in the same block. ``call_seconds`` is what a call takes beside its steps; None
    where steps are no part of a call. ``absent`` is why the contender hasn't got the rung.
    """

    name: str
    what: str
    adds: str
    aside: bool
    base: str = ""
    step_seconds: Estimate | None = None
    added_seconds: Estimate | None = None
    call_seconds: Estimate | None = None
    steps: int = 0
    absent: str = ""

    @property
    def faster_than_base(self) -> bool:
        """Whether the rung takes less than its base by more than the interval."""
        added = self.added_seconds
        return bool(added and added.high is not None and added.high < 0 and not self.aside)


class LadderRow(msgspec.Struct, frozen=True):
    """The rungs of a contender in a cell, lowest first.

    ``products_over_best`` is how many times as long its library takes for the matrix products as
    that of ``best_products``, the contender with the fastest one; None without products.
    """

    contender: str
    model: str
    workload: str = ""
    batch_size: int = 0
    launches: int = 0
    blocks: int = 0
    disturbed: int = 0
    rungs: list[RungRow] = []
    products_over_best: Estimate | None = None
    best_products: str = ""
    failure: str = ""

    def rung(self, name: str) -> RungRow | None:
        """Return a rung that was measured, by its name."""
        return next((each for each in self.rungs if each.name == name and each.steps), None)

    @property
    def on_way(self) -> list[RungRow]:
        """The rungs on the way to what users call that were measured."""
        return [each for each in self.rungs if each.steps and not each.aside]

    @property
    def top(self) -> RungRow | None:
        """What users call."""
        return next(reversed(self.on_way), None)


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[LadderRow]:
    """Return a row for every contender in every cell that was measured, or with its failure."""
    found = []
    for model, view in pairs(sources, views, "ladder"):
        measured = view.of(record.RungRound, model)
        failure = view.failure("ladder", model)
        cells = dict.fromkeys((each.workload, each.batch_size) for each in measured)
        found += [_row(view, model, *cell, failure) for cell in cells]
        if failure and not cells:
            found.append(LadderRow(view.name, model, failure=failure))
    return _beside_best(found, sources, views)


def _row(
    view: ContenderView, model: str, workload: str, batch_size: int, failure: str
) -> LadderRow:
    blocks = {
        (each.launch, each.block): each
        for each in view.source.of(record.LadderBlock)
        if (each.model, each.workload, each.batch_size) == (model, workload, batch_size)
    }
    rounds: dict[str, dict[tuple[int, int], record.RungRound]] = {}
    for each in view.of_batch(record.RungRound, model, batch_size):
        place = (each.launch, each.block)
        counts = place in blocks and not blocks[place].repeated
        if each.workload == workload and counts:
            rounds.setdefault(each.rung, {})[place] = each
    absent = {
        each.rung: each.reason
        for each in view.of_batch(record.AbsentRung, model, batch_size)
        if each.workload == workload
    }
    infos = [each for each in view.source.header.rungs if each.workload == workload]
    places = {place for mine in rounds.values() for place in mine}
    return LadderRow(
        view.name,
        model,
        workload,
        batch_size,
        launches=len({launch for launch, _ in places}),
        blocks=len(places),
        disturbed=sum(blocks[place].disturbed for place in places),
        rungs=_rungs(infos, rounds, absent),
        failure=failure,
    )


def _rungs(
    infos: Sequence[record.RungInfo],
    rounds: Mapping[str, Mapping[tuple[int, int], record.RungRound]],
    absent: Mapping[str, str],
) -> list[RungRow]:
    bases = {each.name: each.base for each in infos}
    found = []
    for info in infos:
        mine = rounds.get(info.name, {})
        row = RungRow(info.name, info.what, info.adds, info.aside)
        if not mine:
            reason = absent.get(info.name, "")
            found += [msgspec.structs.replace(row, absent=reason)] if reason else []
            continue
        base = info.base
        while base and base not in rounds:
            base = bases.get(base, "")
        below = rounds.get(base, {})
        call = {
            place: each.seconds - each.steps * each.step_seconds for place, each in mine.items()
        }
        found.append(
            msgspec.structs.replace(
                row,
                base=base,
                step_seconds=over_launches(
                    {place: each.step_seconds for place, each in mine.items()}
                ),
                added_seconds=over_launches(
                    {
                        place: each.step_seconds - below[place].step_seconds
                        for place, each in mine.items()
                        if place in below
                    }
                ),
                call_seconds=over_launches(call) if any(map(bool, call.values())) else None,
                steps=next(iter(mine.values())).steps,
            )
        )
    return found


def over_launches(values: Mapping[tuple[int, int], float]) -> Estimate | None:
    """Return the mean over launches of the medians of their blocks, with Student's interval.

    ``values`` are by launch and block.
    """
    launches: dict[int, list[float]] = {}
    for (launch, _), value in values.items():
        launches.setdefault(launch, []).append(value)
    return statistics.mean([median(each) for each in launches.values()]) if launches else None


def _beside_best(
    found: Iterable[LadderRow], sources: Sequence[Record], views: Sequence[ContenderView]
) -> list[LadderRow]:
    """Add how the libraries' products compare within a run."""
    rows = list(found)
    runs = {view.name: view.run for view in views}
    best: dict[tuple[int, str, str, int], tuple[float, str]] = {}

    def key(row: LadderRow) -> tuple[int, str, str, int]:
        return runs[row.contender], row.model, row.workload, row.batch_size

    for row in rows:
        rung = row.rung(PRODUCTS)
        if rung and rung.step_seconds:
            mine = (rung.step_seconds.value, row.contender)
            best[key(row)] = min(best.get(key(row), mine), mine)
    told = []
    for row in rows:
        rung = row.rung(PRODUCTS)
        if rung and rung.step_seconds:
            seconds, name = best[key(row)]
            over = rung.step_seconds.scaled(1 / seconds)
            row = msgspec.structs.replace(row, products_over_best=over, best_products=name)
        told.append(row)
    return told


def fixed_step_seconds(rows: Sequence[LadderRow], name: str = "") -> dict[str, float]:
    """Return by contender what a step takes whatever the batch, for one model and workload.

    It is the least squares' value at batch 0 of a line through the batch sizes' times of a rung;
    ``name`` is the rung, empty for what users call. Contenders with one batch size are left out.
    """
    points: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        rung = row.rung(name) if name else row.top
        if rung and rung.step_seconds:
            points.setdefault(row.contender, []).append((row.batch_size, rung.step_seconds.value))
    found = {}
    for contender, mine in points.items():
        sizes = [size for size, _ in mine]
        if len(set(sizes)) < 2:
            continue
        middle, level = fmean(sizes), fmean(value for _, value in mine)
        slope = sum((size - middle) * (value - level) for size, value in mine) / sum(
            (size - middle) ** 2 for size in sizes
        )
        found[contender] = level - slope * middle
    return found
