"""Compare the seconds that aebench derives for a fit with what plain fit takes.

Usage: python tests/helpers/agreement.py MNIST.npz [BACKEND …] [--batch-size N] [--pairs N]
       [--epochs N] [--rounds N] [--train-samples N]

A pair is two fresh processes, an aebench worker and tests/helpers/plain_fit.py. They take turns:
some rounds, a plain fit of N epochs, some rounds, and so on. The turns are short and many, since a
machine's speed drifts from minute to minute by more than the difference to be found. The ratio of a
pair is the seconds that aebench derives from its rounds and short epochs, divided by the mean of
the plain fits.

Whether the end of an epoch waits is chance on TensorFlow (see docs/method/epoch-of-fit.md), and a
few fits don't average that out. For fits of one epoch a second ratio is therefore printed, "given
the waits". For every plain fit it takes the nearest of the durations that aebench expects: without
a wait, and with a wait until one of the polls, at the speed of the rounds before and after the fit.

This takes minutes and is no test: the ratios are printed, and nothing is asserted.
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
from aebench.bench.campaign.passes.round_lengths import WARMUP_BLOCK
from aebench.bench.campaign.passes.rounds import take
from aebench.bench.data import datasets
from aebench.bench.data.model_data import by_model, counts_of_images
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.protocol.messages.speed import Leave, Left
from aebench.bench.system import machine
from aebench.reports.journal import Journal
from aebench.reports.record import SCHEMA, Header, Round, WorkerInfo
from aebench.reports.summary import summarise

HERE = Path(__file__).parent
ROUNDS_PER_TURN = 6


class Plain:
    """Run plain_fit.py in a process, and let it fit on request."""

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
    """Run the speed pass of one contender, with a plain fit after every few of its blocks."""

    def __init__(self, context: Context, plain: Plain, turns: int) -> None:
        super().__init__(context)
        self._plain = plain
        self._turns = turns
        self.plain_seconds: list[float] = []

    def _turn(self, sessions, cell, orders, number):
        (session,) = sessions
        self._lengths.calibrate(session, cell)
        self._enter(session, cell)
        for warmup in range(speed.WARMUP_ROUNDS):
            take(self._context, sessions, session, cell, WARMUP_BLOCK, warmup)
        self._lengths.fix(session, cell)
        for turn in range(self._turns):
            for place in range(ROUNDS_PER_TURN):
                time.sleep(PAUSE_SECONDS)
                block = turn * ROUNDS_PER_TURN + place
                take(self._context, sessions, session, cell, block, 0)
            self.plain_seconds.append(self._plain.fit())
        session.worker.ask(Leave(), Left)
        return number + len(orders)


def pair(backend: str, asked: argparse.Namespace) -> tuple[float, float, float]:
    """Return the seconds that aebench derives, those of a plain fit, and the second ratio."""
    with datasets.scratch_folder() as folder:
        scratch = Path(folder)
        dataset = datasets.load(asked.data, asked.train_samples, scratch)
        request = Request(
            backends=[backend],
            models=["ae400"],
            workloads=["train"],
            batch_sizes=[asked.batch_size],
            passes=["speed"],
            launches=1,
        )
        plan = plan_from_request(request, counts_of_images(dataset))
        plan = replace(plan, contenders=plan.running)  # nothing is compared: no A/A control
        data = by_model(["ae400"], {}, dataset, scratch)
        header = Header(
            SCHEMA,
            "",
            "agreement",
            "",
            [],
            plan.info,
            plan.describe_models(),
            plan.contenders,
            data["ae400"].info,
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
        context = Context(plan, data, scratch, fleet, journal, display)
        try:
            interleaved = Interleaved(context, plain, asked.rounds)
            interleaved.run([task for task in plan.tasks() if task.pass_name == "speed"])
        finally:
            fleet.close()
            plain.close()
        row = summarise(journal.record).speed[0].rows[0]
        epoch = row.epoch
        rounds = [made for made in journal.record.of(Round) if made.block >= 0]
        per_round = [made.seconds for made in rounds]
        plain_seconds = interleaved.plain_seconds
        print(
            f"  ms/step {row.step_seconds.value * 1e3:.3f}, mean/median "
            f"{statistics.mean(per_round) / statistics.median(per_round):.3f}, fixed "
            f"{epoch.fixed_seconds * 1e3:.0f} ms, waits {epoch.waiting_share:.2f}, call "
            f"{epoch.call_seconds:.2f} s; plain fits "
            + " ".join(f"{seconds:.2f}" for seconds in plain_seconds)
        )
        derived = epoch.call_seconds + asked.epochs * epoch.seconds.value
        polls = journal.record.of(WorkerInfo)[0].epoch_end_polls_seconds
        given = []
        for number, took in enumerate(plain_seconds):
            # The machine's speed during this fit, from the rounds before and after it.
            near = [
                made.seconds / made.steps
                for made in rounds
                if made.block // ROUNDS_PER_TURN in (number, number + 1)
            ]
            without_wait = epoch.steps * statistics.mean(near) + epoch.base_seconds
            fits = [epoch.call_seconds + end for end in (without_wait, *polls)]
            given.append(min(fits, key=lambda expected: abs(expected - took)))
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
