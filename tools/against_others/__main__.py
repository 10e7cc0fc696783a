"""Judge the same A/A pair and the same 5 % handicap by pytest-benchmark and by pyperf.

Usage: pip install -c constraints.txt -e '.[jax,rivals]'
       python tools/against_others FOLDER [--times 5] [--backend jax]

Each round runs the plain work and the handicapped one, each in processes of its own, as the tools
do it by default; the handicapped run is compared with the plain one before it, and so is the next
round's plain one. `aebench selfcheck` judges the same two questions. The tools' own output lies in
FOLDER, and so does ``verdicts.json``.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import work

HERE = Path(__file__).parent
# pytest-benchmark has no threshold of its own, and knows whole per cents.
THRESHOLDS = [f"{field}:{percent}%" for field in ("min", "median", "mean") for percent in (1, 3, 5)]


class Judge:
    """One of the tools.

    Parameters
    ----------
    folder : Path
        Where its files go.
    environment : dict
        What the work needs to know.
    """

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

    def measure(self, name: str, steps: int) -> None:
        """Measure the work, under a name."""
        raise NotImplementedError

    def compare(self, name: str, base: str) -> dict[str, str]:
        """Say by each of the tool's rules how one run stands to another."""
        raise NotImplementedError


class PytestBenchmark(Judge):
    """`--benchmark-compare`, and `--benchmark-compare-fail` for a verdict."""

    name = "pytest-benchmark"

    def measure(self, name: str, steps: int) -> None:
        out = self._call(
            "pytest-benchmark.log",
            "-m",
            "pytest",
            "test_fit.py",
            "-p",
            "no:cacheprovider",
            f"--benchmark-json={self._folder / f'pytest-benchmark-{name}.json'}",
            AGAINST_STEPS=str(steps),
        )
        assert "1 passed" in out, out

    def compare(self, name: str, base: str) -> dict[str, str]:
        before, after = (
            json.loads((self._folder / f"pytest-benchmark-{each}.json").read_text())
            for each in (base, name)
        )
        from pytest_benchmark.utils import parse_compare_fail

        said = {}
        for threshold in THRESHOLDS:
            # The rule that --benchmark-compare-fail applies, on the two saved runs.
            failed = parse_compare_fail(threshold).fails(
                after["benchmarks"][0]["stats"], before["benchmarks"][0]["stats"]
            )
            said[threshold] = "slower" if failed else "not slower"
        return said


class Pyperf(Judge):
    """`compare_to`."""

    name = "pyperf"

    def measure(self, name: str, steps: int) -> None:
        path = self._folder / f"pyperf-{name}.json"
        known = ",".join(["AGAINST_STEPS", "KERAS_HOME", *self._environment])
        command = ["pyperf_fit.py", "-o", str(path), f"--inherit-environ={known}"]
        self._call("pyperf.log", *command, AGAINST_STEPS=str(steps))
        assert path.exists(), f"see {self._folder / 'pyperf.log'}"

    def compare(self, name: str, base: str) -> dict[str, str]:
        paths = [str(self._folder / f"pyperf-{each}.json") for each in (base, name)]
        out = self._call("pyperf.log", "-m", "pyperf", "compare_to", *paths)
        found = re.search(r"x (slower|faster)", out)
        return {"compare_to": found.group(1) if found else "no difference"}


def judged(judge: Judge, times: int) -> list[dict[str, object]]:
    """Let a tool judge, so many times."""
    rows: list[dict[str, object]] = []

    def measure(name: str, steps: int) -> float:
        began = time.monotonic()
        judge.measure(name, steps)
        return time.monotonic() - began

    seconds = {"a0": measure("a0", work.STEPS)}
    for number in range(times):
        base, handicapped, again = f"a{number}", f"h{number}", f"a{number + 1}"
        for name, steps, truth in (
            (handicapped, work.HANDICAPPED_STEPS, "slower"),
            (again, work.STEPS, "same"),
        ):
            seconds[name] = measure(name, steps)
            for rule, said in judge.compare(name, base).items():
                row = {
                    "tool": judge.name,
                    "rule": rule,
                    "truth": truth,
                    "said": said,
                    "seconds": seconds[base] + seconds[name],
                }
                rows.append(row)
                print(json.dumps(row), flush=True)
    return rows


def table(rows: list[dict[str, object]]) -> str:
    """Count false alarms and misses."""
    lines = [
        "| tool, rule | false alarms (A/A) | 5 % called slower | seconds for a verdict |",
        "| --- | ---: | ---: | ---: |",
    ]
    for tool, rule in dict.fromkeys((row["tool"], row["rule"]) for row in rows):
        mine = [row for row in rows if (row["tool"], row["rule"]) == (tool, rule)]
        same = [row["said"] for row in mine if row["truth"] == "same"]
        slower = [row["said"] for row in mine if row["truth"] == "slower"]
        alarms = sum(said in ("slower", "faster") for said in same)
        seconds = sum(float(str(row["seconds"])) for row in mine) / len(mine)
        lines.append(
            f"| {tool}, {rule} | {alarms} of {len(same)} | {slower.count('slower')} of "
            f"{len(slower)} | {seconds:.0f} |"
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
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent.parent)]),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    makers: list[Callable[[Path, dict[str, str]], Judge]] = [PytestBenchmark, Pyperf]
    rows = [
        row
        for make in makers
        if asked.tool in (None, make.name)  # type: ignore[attr-defined]
        for row in judged(make(folder, environment), asked.times)
    ]
    (folder / "verdicts.json").write_text(json.dumps(rows, indent=1))
    print(table(rows))


if __name__ == "__main__":
    main()
