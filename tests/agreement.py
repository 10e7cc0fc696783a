"""Compare the epoch seconds that aebench derives with whole epochs of plain fit.

Usage: python tests/agreement.py MNIST.npz [BACKEND …] [--batch-size N] [--pairs N] [--epochs N]

Each pair is an aebench run in fresh processes and a plain_fit.py in another, in alternating order.
It takes minutes and belongs in no test: nothing is asserted, the ratios are printed.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def derived(backend: str, data: str, batch_size: int, epochs: int) -> float:
    """Return seconds per epoch of a fit of so many epochs, as aebench derives them."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench", "run", "--backend", backend, "--data", data]
        command += ["--definition", "ae400", "--workload", "train", "--pass", "speed"]
        command += ["--batch-size", str(batch_size), "--out", f"{folder}/run"]
        subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
        show = [sys.executable, "-m", "bench", "show", "--json", f"{folder}/run"]
        shown = subprocess.run(show, check=True, capture_output=True, cwd=HERE.parent).stdout
    epoch = json.loads(shown)["speed"][0]["rows"][0]["epoch"]
    return epoch["seconds"] + epoch["call_seconds"] / epochs


def plain(backend: str, data: str, batch_size: int, epochs: int) -> float:
    """Return seconds per epoch of plain fit."""
    command = [sys.executable, str(HERE / "plain_fit.py"), data, str(batch_size), str(epochs)]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("backends", nargs="*", default=["jax", "tensorflow", "torch"])
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2)
    asked = parser.parse_args()
    for backend in asked.backends:
        ratios = []
        for pair in range(asked.pairs):
            order = [derived, plain] if pair % 2 == 0 else [plain, derived]
            seconds = {
                each: each(backend, asked.data, asked.batch_size, asked.epochs) for each in order
            }
            ratios.append(seconds[derived] / seconds[plain])
            print(
                f"{backend} batch {asked.batch_size}: aebench {seconds[derived]:.2f} s, "
                f"plain fit {seconds[plain]:.2f} s, ratio {ratios[-1]:.3f}",
                flush=True,
            )
        middle = math.exp(statistics.mean(map(math.log, ratios)))
        print(
            f"{backend} batch {asked.batch_size}: mean ratio {middle:.3f}, "
            f"{min(ratios):.3f} to {max(ratios):.3f} in {asked.pairs} pairs",
            flush=True,
        )


if __name__ == "__main__":
    main()
