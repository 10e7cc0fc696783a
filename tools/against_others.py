"""Compare runs with pytest-benchmark and pyperf: an A/A pair, and a known effect of 5 %.

Usage: pip install -c constraints.txt -e '.[jax,peers]'
       python tools/against_others.py FOLDER [--times 5] [--backend jax]

A repetition runs the work three times with the tools' default options, always in new processes:
plain, with 5 % more steps, and plain again. The second and the third run are compared with the
first run. `aebench selfcheck` judges the same two questions. FOLDER holds the tools' own output
and ``verdicts.json``, to which every call adds its repetitions.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aebench.reports.formatting import duration

STEPS = {"plain": 80, "known_effect": 84, "again": 80}
ROOT = Path(__file__).parent.parent
HERE = ROOT / "tools" / "against"
# pytest-benchmark has no default threshold, and its thresholds are whole per cents.
THRESHOLDS = [f"{field}:{percent}%" for field in ("min", "median", "mean") for percent in (1, 3, 5)]


class Judge:
    """Measure the work with a tool, and compare two runs with the tool's own rules.

    Parameters
    ----------
    folder : Path
        The folder of the tool's files.
    environment : dict
        Variables for the processes that run the work.
    """

    name: str

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def _call(self, log: str, *command: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            capture_output=True,
            text=True,
            cwd=HERE,
            env={**os.environ, **self._environment, **environment},
        )
        with (self._folder / log).open("a") as file:
            file.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\n")
        return done.stdout + done.stderr

    def measure(self, name: str, **variables: str) -> None:
        """Measure the work with environment variables, and save the run as ``name``."""
        raise NotImplementedError

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        """Yield rule, verdict and ratio of two saved runs, for every rule of the tool."""
        raise NotImplementedError


class PytestBenchmark(Judge):
    """Measure with pytest-benchmark, and compare as its `--benchmark-compare-fail` does."""

    name = "pytest-benchmark"

    def measure(self, name: str, **variables: str) -> None:
        out = self._call(
            "pytest-benchmark.log",
            "-m",
            "pytest",
            "test_fit.py",
            "-p",
            "no:cacheprovider",
            f"--benchmark-json={self._folder / f'pytest-benchmark-{name}.json'}",
            **variables,
        )
        assert "1 passed" in out, out

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        from pytest_benchmark.utils import parse_compare_fail

        paths = [self._folder / f"pytest-benchmark-{run}.json" for run in (base, name)]
        before, after = (json.loads(path.read_text())["benchmarks"][0]["stats"] for path in paths)
        for threshold in THRESHOLDS:
            # --benchmark-compare-fail uses the same function for two saved runs.
            failed = parse_compare_fail(threshold).fails(after, before)
            field = threshold.partition(":")[0]
            yield threshold, "slower" if failed else "not slower", after[field] / before[field]


class Pyperf(Judge):
    """Measure with pyperf, and compare as its `pyperf compare_to` does."""

    name = "pyperf"

    def measure(self, name: str, **variables: str) -> None:
        path = self._folder / f"pyperf-{name}.json"
        path.unlink(missing_ok=True)  # pyperf refuses to overwrite a file
        known = ",".join([*variables, "KERAS_HOME", *self._environment])
        command = ["pyperf_fit.py", "-o", str(path), f"--inherit-environ={known}"]
        self._call("pyperf.log", *command, **variables)
        assert path.exists(), f"see {self._folder / 'pyperf.log'}"

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        import pyperf

        paths = [str(self._folder / f"pyperf-{run}.json") for run in (base, name)]
        before, after = (pyperf.BenchmarkSuite.load(path).get_benchmarks()[0] for path in paths)
        out = self._call("pyperf.log", "-m", "pyperf", "compare_to", *paths)
        found = re.search(r"x (slower|faster)", out)
        said = found.group(1) if found else "no difference"
        yield "compare_to", said, after.mean() / before.mean()


def judged(judge: Judge) -> Iterator[dict[str, object]]:
    """Yield a row for every verdict of a tool on one A/A pair and one known effect."""
    seconds = {}
    for name, steps in STEPS.items():
        began = time.monotonic()
        judge.measure(name, AGAINST_STEPS=str(steps))
        seconds[name] = time.monotonic() - began
    for name, truth in (("known_effect", "slower"), ("again", "same")):
        for rule, said, ratio in judge.compare(name, "plain"):
            yield {
                "tool": judge.name,
                "rule": rule,
                "truth": truth,
                "said": said,
                "ratio": round(ratio, 4),
                "seconds": round(sum(seconds.values()), 1),
            }


def table(rows: list[dict[str, Any]]) -> str:
    """Return a table in Markdown, a row per rule, with its false alarms and its right verdicts."""
    lines = [
        "| tool, rule | false alarms (A/A) | 5 % called slower | ratios A/A | ratios 5 % | took |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for tool, rule in dict.fromkeys((row["tool"], row["rule"]) for row in rows):
        mine = [row for row in rows if (row["tool"], row["rule"]) == (tool, rule)]
        same, slower = (
            [row for row in mine if row["truth"] == truth] for truth in ("same", "slower")
        )
        alarms = sum(row["said"] in ("slower", "faster") for row in same)
        called = sum(row["said"] == "slower" for row in slower)
        ranges = [
            f"{min(row['ratio'] for row in of_truth):.2f} to "
            f"{max(row['ratio'] for row in of_truth):.2f}"
            for of_truth in (same, slower)
        ]
        seconds = sum(row["seconds"] for row in mine) / len(mine)
        lines.append(
            f"| {tool}, {rule} | {alarms} of {len(same)} | {called} of {len(slower)} | "
            f"{ranges[0]} | {ranges[1]} | {duration(seconds)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--backend", default="jax")
    parser.add_argument("--tool", choices=["pytest-benchmark", "pyperf"])
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "KERAS_BACKEND": asked.backend,
        "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT / "src")]),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    verdicts = folder / "verdicts.json"
    rows = json.loads(verdicts.read_text()) if verdicts.exists() else []
    for judge in (PytestBenchmark(folder, environment), Pyperf(folder, environment)):
        if asked.tool in (None, judge.name):
            for _ in range(asked.times):
                for row in judged(judge):
                    rows.append(row)
                    print(json.dumps(row), flush=True)
                lines = ",\n".join(map(json.dumps, rows))
                verdicts.write_text(f"[\n{lines}\n]\n")
    print(table(rows))


if __name__ == "__main__":
    main()
