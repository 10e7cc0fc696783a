"""A run from plan to record: the passes in order, and an end whatever happens."""

import datetime
import signal
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from types import FrameType

from rich.console import Console

from bench import machine
from bench.context import Context
from bench.datasets import Dataset, convert
from bench.display import Display
from bench.errors import BadInputError
from bench.estimate import stages
from bench.fleet import Fleet
from bench.passes import footprint, quality
from bench.passes.speed import SpeedPass
from bench.plan import Plan
from reports.journal import Journal
from reports.record import SCHEMA, DataInfo, End, Failure, Header, PassEnd

_PASSES: dict[str, Callable[[Context], None]] = {
    "speed": lambda context: SpeedPass(context).run(),
    "footprint": footprint.run,
    "quality": quality.run,
}


def run(
    plan: Plan,
    dataset: Dataset,
    *,
    folder: Path,
    command: Sequence[str],
    scratch: Path,
    console: Console,
    answer_seconds: float,
) -> str:
    """Measure what the plan says.

    Parameters
    ----------
    plan : Plan
        What to measure.
    dataset : Dataset
        On which images.
    folder : Path
        Where ``record.jsonl`` goes.
    command : sequence of str
        The command line, for the record.
    scratch : Path
        A folder that goes with the run.
    console : Console
        Where to show it.
    answer_seconds : float
        A worker silent for so long has failed.

    Returns
    -------
    str
        ``complete``, ``failures`` or ``interrupted``.

    Raises
    ------
    BadInputError
        If the record can't be written there.
    """
    began = time.monotonic()
    arrays = convert(dataset, scratch)
    header = Header(
        schema=SCHEMA,
        aebench=metadata.version("aebench"),
        name=folder.name,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=list(command),
        plan=plan.info,
        definitions=plan.describe_definitions(),
        contenders=plan.contenders,
        data=DataInfo(
            name=dataset.name,
            train_samples=len(dataset.train),
            test_samples=len(dataset.test),
            image_shape=list(dataset.train.shape[1:]),
            train_sha256=arrays.train_sha256,
            test_sha256=arrays.test_sha256,
            notice=dataset.notice,
        ),
        machine=machine.describe(),
    )
    try:
        journal = Journal(folder / "record.jsonl", header)
    except FileExistsError:
        raise BadInputError(
            f"{folder / 'record.jsonl'} exists: give another --out; nothing was overwritten."
        ) from None
    except OSError as error:
        raise BadInputError(f"{folder} can't be written: {error.strerror}.") from error
    estimated = list(stages(plan, len(dataset.train), len(dataset.test)))
    display = Display(console, estimated, journal.record)
    fleet = Fleet(scratch, answer_seconds)
    outcome = "interrupted"
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:  # SIGINT too: it is ignored where a shell started this behind its back
        signal.signal(number, _interrupt)
    try:
        context = Context(plan, dataset, arrays, fleet, journal, display)
        for name in plan.info.passes:
            pass_began = time.monotonic()
            _PASSES[name](context)
            journal.append(PassEnd(name, time.monotonic() - pass_began))
            if name != "speed":  # which shows its tables definition by definition
                display.results(name, None)
        outcome = "failures" if journal.record.of(Failure) else "complete"
    except KeyboardInterrupt:
        pass
    finally:
        # Whoever interrupts twice shall not interrupt the tidying and the last tables.
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)
        display.close()
        fleet.close()
        journal.append(End(outcome, time.monotonic() - began))
        journal.close()
        if outcome != "interrupted":
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return outcome


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM as Ctrl-C: end the workers, keep the record."""
    raise KeyboardInterrupt
