"""Write the headline figures of a published report into README.md: ``python tools/headline.py``.

The figures are computed from the published records alone, and replace the text between two marks.
At most ten lines: the README is read in five minutes, and the reports have the rest.
"""

from pathlib import Path
from statistics import median

from msgspec.structs import replace

from aebench.bench.plan.presets import ROUND_SECONDS
from aebench.reports import markdown
from aebench.reports.formatting import listed
from aebench.reports.headline import sentences
from aebench.reports.journal import Record, load
from aebench.reports.manifest import records
from aebench.reports.record import Round, WorkerInfo
from aebench.reports.site import PUBLISHED
from aebench.reports.summary import SpeedCell, summarise
from aebench.reports.tables.overview import glance

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- headline: python tools/headline.py -->", "<!-- end of headline -->"
REPORT = "three-backends"
MODELS, WORKLOAD = ("ae400", "ae800"), "train"
# Rounds that are shorter than this share of today's were measured before the length was changed.
_AS_LONG = 0.75


def text() -> str:
    """Return the text for the place between the two marks in README.md."""
    found = [load(path) for path in records(PUBLISHED / REPORT)]
    whole = summarise(*found)
    of_models = [cell for cell in whole.speed if cell.model in MODELS]
    shown = replace(whole, speed=[cell for cell in of_models if is_shown(cell)], footprint=[])
    answer, *_ = sentences(shown)
    table = glance(shown)
    rows = [markdown.row(row) for row in table.rows]
    lines = [markdown.row(table.columns), markdown.rule(table.lefts), *rows]
    where, limits = how(found, shown.speed)
    return "\n".join([f"{where} {answer} {limits}", "", *lines])


def is_shown(cell: SpeedCell) -> bool:
    """Return whether the README shows a cell."""
    return cell.workload == WORKLOAD


def how(found: list[Record], cells: list[SpeedCell]) -> tuple[str, str]:
    """Return a sentence on where the cells were measured, and sentences on what limits them."""
    reference = cells[0].reference
    measured = [record for record in found if rounds(record, reference)]
    machines = listed(
        dict.fromkeys(
            f"{record.header.machine.processor}, {record.header.machine.cores} cores"
            for record in measured
        )
    )
    days = listed(dict.fromkeys(record.header.created[:10] for record in measured))
    blocks = listed(
        dict.fromkeys(f"{cell.launches} launches, {cell.blocks} blocks" for cell in cells)
    )
    where = f"{machines}, {days}; {versions(measured)}; {blocks} in a cell."
    sentence = (
        f"× time: the time of an epoch of `fit` as a multiple of {reference}'s, by pairs of turns, "
        "with its 95 % interval."
    )
    seconds = median(each for record in measured for each in rounds(record, reference))
    if seconds < _AS_LONG * ROUND_SECONDS:
        sentence += (
            f" Rounds were shorter than today's {ROUND_SECONDS:g} s, which may have moved a ratio "
            "by some per cent."
        )
    return where, sentence


def versions(measured: list[Record]) -> str:
    """Return the versions of Keras and of the frameworks."""
    workers = [each for record in measured for each in record.of(WorkerInfo)]
    found = {name: each for worker in workers for name, each in worker.versions.items()}
    names = [name for name in found if name not in ("python", "numpy")]
    return listed(f"{name} {found[name]}" for name in names)


def rounds(record: Record, contender: str) -> list[float]:
    """Return the seconds of a contender's rounds in the cells that the README shows."""
    return [
        event.seconds
        for event in record.events
        if isinstance(event, Round)
        and (event.contender, event.workload) == (contender, WORKLOAD)
        and event.model in MODELS
        and event.block >= 0
    ]


def put(readme: str) -> str:
    """Return a README in which the text between the two marks is replaced."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(put(README.read_text(encoding="utf-8")), encoding="utf-8")
