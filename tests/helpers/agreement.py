"""Compare the seconds that aebench derives for a fit with what plain fit takes.

Usage: python tests/helpers/agreement.py MNIST.npz [BACKEND …] [--batch-size N] [--pairs N] [--epochs N]
       [--rounds N] [--train-samples N]

A pair is two fresh processes, an aebench worker and tests/helpers/plain_fit.py, which take turns: some
rounds, a plain fit of so many epochs, and so on for some rounds, since a machine's speed drifts
from minute to minute by more than what is to be seen: short turns and many of them. The ratio of a
pair is what aebench derives from its rounds and short epochs over the mean of the plain fits.
Whether the end of an epoch waits is chance on TensorFlow (see docs/method.md), which a few fits
don't average out; so for fits of one epoch the ratio is given a second time, knowing whether each
plain fit waited and for which tick: of what aebench expects then, at the speed of the rounds around
the fit, what comes nearest. It takes minutes and is no test: nothing is asserted, the ratios are
printed.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.display import Display
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.passes import speed
from aebench.bench.campaign.passes.blocks import PAUSE_SECONDS
from aebench.bench.campaign.passes.rounds import take
from aebench.bench.data import datasets
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.system import machine
from aebench.reports.journal import Journal
from aebench.reports.record import SCHEMA, DataInfo, Header, Round, WorkerInfo
from aebench.reports.summary import summarise

HERE = Path(__file__).parent
ROUNDS_PER_ROUND = 6


class Plain:
    """A plain_fit.py that fits on request."""

    def __init__(self, backend: str, asked: argparse.Namespace) -> None:
        sizes = (asked.train_samples, asked.batch_size, asked.epochs)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "plain_fit.py"), asked.data, *map(str, sizes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self._process.stdout.readline()

    def fit(self) -> float:
        """Fit, and return the seconds."""
        time.sleep(PAUSE_SECONDS)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Interleaved(speed.SpeedPass):
    """The speed pass of one contender, a plain fit after every few of its blocks."""

    def __init__(self, context: Context, plain: Plain, rounds: int) -> None:
        super().__init__(context)
        self._plain = plain
        self._rounds = rounds
        self.plain_seconds: list[float] = []

    def _run_blocks(self, sessions, cell, length):
        for round_number in range(self._rounds):
            for number in range(ROUNDS_PER_ROUND):
                time.sleep(PAUSE_SECONDS)
                block = round_number * ROUNDS_PER_ROUND + number
                take(self._context, sessions, sessions[0], cell, length, block, 0)
            self.plain_seconds.append(self._plain.fit())


def pair(backend: str, asked: argparse.Namespace) -> tuple[float, float, float]:
    """Return what aebench derives and what plain fit took, and the ratio given the waits."""
    with datasets.scratch_folder() as folder:
        scratch = Path(folder)
        dataset = datasets.load(asked.data, asked.train_samples, scratch)
        request = Request(
            backends=[backend],
            models=["ae400"],
            workloads=["train"],
            batch_sizes=[asked.batch_size],
            passes=["speed"],
        )
        plan = plan_from_request(request, dataset)
        plan = replace(plan, contenders=plan.running)  # nobody is compared: no A/A control
        arrays = datasets.convert(dataset, scratch)
        data = DataInfo(dataset.name, len(dataset.train), len(dataset.test), [28, 28], "", "")
        header = Header(
            SCHEMA,
            "",
            "agreement",
            "",
            [],
            plan.info,
            plan.describe_models(),
            plan.contenders,
            data,
            machine.describe(),
            workloads=plan.describe_workloads(),
            cells=plan.cells(),
            tasks=plan.describe_tasks(),
        )
        journal = Journal.begin(scratch / "record.jsonl", header)
        plain = Plain(backend, asked)
        fleet = Fleet(scratch, 600.0)
        display = Display(Console(quiet=True), [], journal.record)
        display.stage_done = display.doing = display.figure = lambda *_: None
        context = Context(plan, dataset, arrays, fleet, journal, display)
        try:
            interleaved = Interleaved(context, plain, asked.rounds)
            interleaved.run(plan.tasks())
        finally:
            fleet.close()
            plain.close()
        row = summarise(journal.record).speed[0].rows[0]
        epoch = row.epoch
        rounds = [each for each in journal.record.of(Round) if each.block >= 0]
        per_round = [each.seconds for each in rounds]
        plain_seconds = interleaved.plain_seconds
        print(
            f"  ms/step {row.step_seconds.value * 1e3:.3f}, mean/median "
            f"{statistics.mean(per_round) / statistics.median(per_round):.3f}, fixed "
            f"{epoch.fixed_seconds * 1e3:.0f} ms, waits {epoch.waiting_share:.2f}, call "
            f"{epoch.call_seconds:.2f} s; plain fits "
            + " ".join(f"{each:.2f}" for each in plain_seconds)
        )
        derived = epoch.call_seconds + asked.epochs * epoch.seconds
        ticks = journal.record.of(WorkerInfo)[0].epoch_end_polls_seconds
        given = []
        for number, took in enumerate(plain_seconds):
            # The speed of the moment: the rounds just before and just after this fit.
            near = [
                each.seconds / each.steps
                for each in rounds
                if each.block // ROUNDS_PER_ROUND in (number, number + 1)
            ]
            dropped = epoch.steps * statistics.mean(near) + epoch.base_seconds
            fits = [epoch.call_seconds + end for end in (dropped, *ticks)]
            given.append(min(fits, key=lambda each: abs(each - took)))
        return derived, statistics.mean(plain_seconds), sum(given) / sum(plain_seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("backends", nargs="*", default=["jax", "tensorflow", "torch"])
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--train-samples", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=1)
    asked = parser.parse_args()
    for backend in asked.backends:
        where = f"{backend} batch {asked.batch_size}"
        ratios, given_waits = [], []
        for _ in range(asked.pairs):
            derived, plain, ratio_given_waits = pair(backend, asked)
            ratios.append(derived / plain)
            given_waits.append(ratio_given_waits)
            print(
                f"{where}: a fit of {asked.epochs} epochs, aebench {derived:.2f} s, plain "
                f"{plain:.2f} s, ratio {ratios[-1]:.3f}, given the waits {given_waits[-1]:.3f}",
                flush=True,
            )
        for what, values in (("ratio", ratios), ("given the waits", given_waits)):
            middle = math.exp(statistics.mean(map(math.log, values)))
            print(
                f"{where}: {what} {middle:.3f}, {min(values):.3f} to {max(values):.3f} "
                f"in {asked.pairs} pairs",
                flush=True,
            )


if __name__ == "__main__":
    main()
