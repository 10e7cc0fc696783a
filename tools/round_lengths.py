"""Time the same steps in rounds of several lengths, to see whether a step takes as long in all.

Usage: python tools/round_lengths.py DATA [BACKEND ...] [--minutes 10] [--batch-size 32]

Workers of the backends take turns, as in a run, and train ae400. A block has a round of every
length from every worker, in an order drawn anew. Printed is how many times as long a step takes in
rounds of a length as in the longest ones, with the standard error over blocks. DATA is the value of
aebench's ``--data``.
"""

import argparse
import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aebench.bench.campaign.context import speed_job
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.passes.blocks import PAUSE_SECONDS
from aebench.bench.campaign.passes.rounds import Length
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.data import datasets
from aebench.bench.data.model_data import by_model, counts_of_images
from aebench.bench.plan.presets import ROUND_SECONDS
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Calibrated,
    Enter,
    Entered,
    RoundTimes,
    RunRound,
)

# Seconds of a round and of the steps discarded before it: those of earlier versions, those of this
# one, and the longest.
OF_THIS_VERSION = (ROUND_SECONDS, ROUND_SECONDS / 4)
LONGEST = (1.2, 0.3)
SECONDS = [(0.12, 0.012), OF_THIS_VERSION, LONGEST]
CALIBRATIONS = (10, 30, 90)


@contextmanager
def workers(asked: argparse.Namespace) -> Iterator[dict[str, Worker]]:
    """Start a worker of each backend."""
    with datasets.scratch_folder() as folder:
        scratch = Path(folder)
        dataset = datasets.load(asked.data, None, scratch)
        request = Request(
            backends=asked.backends,
            models=["ae400"],
            workloads=["train"],
            batch_sizes=[asked.batch_size],
            passes=["speed"],
        )
        plan = plan_from_request(request, counts_of_images(dataset))
        samples = by_model(["ae400"], {}, dataset, scratch)["ae400"]
        fleet = Fleet(scratch, 600.0)
        try:
            found = {
                each.name: fleet.start(each.backend, speed_job(plan, samples, each, plan.models[0]))
                for each in plan.running
            }
            for worker in found.values():
                worker.answer(RuntimeInfo)
            yield found
        finally:
            fleet.close()


def lengths(worker: Worker, batch_size: int) -> list[Length]:
    """Return the numbers of steps that take the seconds, by a worker's own steps."""
    for steps in CALIBRATIONS:
        command = Calibrate("train", batch_size, steps)
        answer = worker.ask(command, Calibrated)
    return [
        Length(*(max(1, round(each / answer.step_seconds)) for each in seconds))
        for seconds in SECONDS
    ]


def main() -> None:
    """Measure, and print a line for every backend and length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("backends", nargs="*", default=["jax", "tensorflow", "torch"])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--batch-size", type=int, default=32)
    asked = parser.parse_args()
    with workers(asked) as found:
        of_worker = {name: lengths(each, asked.batch_size) for name, each in found.items()}
        for name, worker in found.items():
            steps = 4 * sum(of_worker[name][-1])
            worker.ask(Enter("train", asked.batch_size, steps), Entered)
            worker.ask(RunRound(*of_worker[name][0]), RoundTimes)
        blocks = []
        end = time.monotonic() + 60 * asked.minutes
        while time.monotonic() < end:
            blocks.append(block(found, of_worker))
    for name, its in of_worker.items():
        logs = np.log([[each[name, length] for length in its] for each in blocks])
        ratios = logs - logs[:, -1:]
        for place, length in enumerate(its[:-1]):
            error = ratios[:, place].std(ddof=1) / math.sqrt(len(blocks))
            print(
                f"{name}, {_text(length)}: "
                f"{math.exp(ratios[:, place].mean()):.3f} (standard error {error:.3f}, "
                f"{len(blocks)} blocks; {_text(its[-1])} are 1)"
            )


def _text(length: Length) -> str:
    return f"{length.steps} steps after {length.discarded_steps}"


def block(
    found: dict[str, Worker], of_worker: dict[str, list[Length]]
) -> dict[tuple[str, Length], float]:
    """Time a round of every length of every worker; return seconds per step."""
    seconds: dict[tuple[str, Length], float] = {}
    drawn = {name: random.sample(its, len(its)) for name, its in of_worker.items()}
    for place in range(len(SECONDS)):
        for name in random.sample(list(found), len(found)):
            length = drawn[name][place]
            time.sleep(PAUSE_SECONDS)
            times = found[name].ask(RunRound(*length), RoundTimes)
            seconds[name, length] = times.seconds / length.steps
    return seconds


if __name__ == "__main__":
    main()
