"""Make further runs of the sample record: with noise of their own, changes and other versions."""

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from aebench.reports import record
from aebench.reports.journal import Journal, Record
from helpers import sample


def run(
    seed: int,
    times: Mapping[str, float] | None = None,
    memory: Mapping[str, float] | None = None,
    losses: Mapping[str, float] | None = None,
    versions: Mapping[str, str] | None = None,
    processor: str = "Processor",
    noise: float = 0.002,
    starts: int = 3,
) -> Record:
    """Return a run of the sample's question.

    Parameters
    ----------
    seed : int
        The seed of the run's noise, and its day.
    times, memory, losses : mapping of str to float
        By contender, how many times as long, as large as the sample's its figures are.
    versions : mapping of str to str
        By contender, the version of its framework.
    processor : str
        The machine's name.
    noise : float
        Standard deviation of the logarithm of every launch.
    starts : int
        The number of cold starts.
    """
    made = sample.make()
    random = np.random.default_rng(seed)
    effects: dict[tuple[str, int], float] = {}

    def noisy(contender: str, launch: int) -> float:
        key = (contender, launch)
        if key not in effects:
            effects[key] = math.exp(noise * random.normal())
        return effects[key]

    header = made.header
    contenders = [
        msgspec.structs.replace(each, version=(versions or {}).get(each.backend, each.version))
        for each in header.contenders
    ]
    machine = msgspec.structs.replace(header.machine, processor=processor, fixed_work_seconds=0.02)
    created = f"2026-01-{1 + seed % 28:02d}T00:00:00+00:00"
    made.header = msgspec.structs.replace(
        header, contenders=contenders, machine=machine, created=created, name=f"run-{seed}"
    )
    events: list[record.Event] = []
    for event in made.events:
        name = getattr(event, "contender", "")
        backend = name.split()[0] if name else ""
        if isinstance(event, record.Round):
            factor = (times or {}).get(backend, 1.0) * noisy(name, event.launch)
            event = msgspec.structs.replace(event, seconds=event.seconds * factor)
        elif isinstance(event, record.QualityEpoch):
            factor = (losses or {}).get(backend, 1.0)
            event = msgspec.structs.replace(event, test_loss=event.test_loss * factor)
        elif isinstance(event, record.WorkerInfo) and backend in (versions or {}):
            known = {**event.versions, backend: (versions or {})[backend]}
            event = msgspec.structs.replace(event, versions=known)
        if isinstance(event, record.Phase | record.FootprintFacts):
            for launch in range(starts):
                again = msgspec.structs.replace(event, launch=launch)
                if isinstance(again, record.Phase):
                    effect = noisy(f"{name} starts", launch)
                    size = int(again.peak_bytes * (memory or {}).get(backend, 1.0) * effect)
                    again = msgspec.structs.replace(
                        again, peak_bytes=size, seconds=again.seconds * effect
                    )
                events.append(again)
        else:
            events.append(event)
    made.events = events
    return made


def write(made: Record, path) -> str:
    """Write a run's record into a folder; return the folder's path."""
    journal = Journal.begin(path / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return str(path)
