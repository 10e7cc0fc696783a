"""Plant slow-downs of known size, and ask aebench and other tools whether they find them.

Usage: pip install -c constraints.txt -e '.[jax,torch,peers]'
       python tools/slow_downs.py FOLDER [--percent 5 10] [--tool TOOL ...]

The model of tools/against/planted.py trains on PyTorch. What is new is the same, or takes longer by
a share of its step. Each tool measures the base and what is new at its defaults, one after the
other, and gives its verdict: aebench by ``compare`` and by ``pytest bench/``, pyperf,
pytest-benchmark and asv. ``aebench duel`` measures both in shared blocks. FOLDER has the records
and logs, and ``verdicts.json`` with a row for each verdict.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from aebench.reports.formatting import duration
from against_others import HERE, ROOT, Judge, Pyperf, PytestBenchmark

MODEL = HERE / "planted.py"
_SAID = {0: "not slower", 1: "slower", 4: "undecided"}
# jax compiles the step, and so never waits: it is the reference that stays the same.
_MEASURED = ("--model", str(MODEL), "--workload", "train", "--batch-size", "32")
_MEASURED += ("--contender", "jax", "torch", "--launches", "5")


class _Aebench(Judge):
    """Measure with aebench, and judge by its exit code."""

    def _said(self, code: int, out: str) -> str:
        if code not in _SAID:
            raise SystemExit(f"{self.name} ended with {code}: {out[-2000:]}")
        return _SAID[code]

    def _run(self, *command: str, **variables: str) -> tuple[int, str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **variables}
        environment.pop("KERAS_BACKEND", None)
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, cwd=ROOT, env=environment
        )
        with (self._folder / f"{re.sub('[ /]+', '-', self.name)}.log").open("a") as file:
            file.write(f"$ {shlex.join(command)}\n{done.stdout}{done.stderr}\n")
        return done.returncode, done.stdout + done.stderr


class Compare(_Aebench):
    """Compare two records: ``aebench compare BASE NEW --fail-if time``."""

    name = "aebench compare"

    def measure(self, name: str, **variables: str) -> None:
        """Measure the model, and save the record."""
        command = ("run", *_MEASURED, "--pass", "parity", "speed")
        code, out = self._run(
            *("-m", "aebench", *command, "--out", str(self._folder / f"record-{name}")), **variables
        )
        assert code == 0, out

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        """Yield the verdict of the rule ``time``."""
        paths = [str(self._folder / f"record-{each}") for each in (base, name)]
        code, out = self._run("-m", "aebench", "compare", *paths, "--fail-if", "time")
        _, listed = self._run("-m", "aebench", "compare", *paths, "--all", "--format", "json")
        yield "--fail-if time", self._said(code, out), _ratio(listed)


class Gate(_Aebench):
    """Compare by ``pytest bench/`` with the base of :class:`Compare`."""

    name = "pytest bench/"

    def measure(self, name: str, **variables: str) -> None:
        """Do nothing: the gate measures where it compares."""
        self._variables = variables

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        """Yield the verdict of the rule ``time``."""
        out = self._folder / f"gate-{name}"
        rules = ("--aebench-baseline", str(self._folder / f"record-{base}"))
        command = ("-m", "pytest", "bench/", "--benchmark-only", *_MEASURED, "--out", str(out))
        code, text = self._run(*command, *rules, "--aebench-fail-if", "time", **self._variables)
        undecided = code == 0 and re.search(r"\bskipped|undecided", text)
        yield "--aebench-fail-if time", "undecided" if undecided else self._said(code, text), 0.0


class Duel(_Aebench):
    """Measure both in shared blocks until it is decided: ``aebench duel``."""

    name = "aebench duel"

    def measure(self, name: str, **variables: str) -> None:
        """Write an interpreter that sets the variables; nothing is measured yet."""
        path = self._python(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        exports = "".join(f"export {key}={shlex.quote(each)}\n" for key, each in variables.items())
        path.write_text(f'#!/bin/sh\n{exports}exec {shlex.quote(sys.executable)} "$@"\n')
        path.chmod(0o755)

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        """Yield the verdict of the duel."""
        both = [f"torch@{self._python(each)}" for each in (base, name)]
        out = ("--out", str(self._folder / f"duel-{name}"))
        sized = ("--model", str(MODEL), "--workload", "train", "--batch-size", "32")
        code, text = self._run("-m", "aebench", "duel", *both, *sized, *out)
        found = re.search(r"\*\*, ([0-9.]+)", text) or re.search(r", ([0-9.]+) \[", text)
        yield "until decided", self._said(code, text), float(found.group(1)) if found else 0.0

    def _python(self, name: str) -> Path:
        return self._folder / name / "bin" / "python"


class Asv(Judge):
    """Measure with asv, and compare as `asv compare` does."""

    name = "asv"

    def measure(self, name: str, **variables: str) -> None:
        """Measure the work in this environment, and save the result for a commit of its own."""
        project = self._folder / "asv"
        if not project.exists():
            (project / "benchmarks").mkdir(parents=True)
            (project / "benchmarks" / "__init__.py").touch()
            (project / "benchmarks" / "fit.py").write_text((HERE / "bench_fit.py").read_text())
            facts = {"version": 1, "project": "planted", "repo": ".", "branches": ["main"]}
            facts["environment_type"] = "virtualenv"
            (project / "asv.conf.json").write_text(json.dumps(facts))
            self._git("init", "--quiet", "--initial-branch", "main")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", name)
        (project / f"{name}.commit").write_text(self._git("rev-parse", "HEAD").strip())
        commit = f"--set-commit-hash={self._commit(name)}"
        command = ("run", "--python=same", commit, "--config", str(project / "asv.conf.json"))
        self._call("asv.log", "-m", "asv", "machine", "--yes", "--config", command[-1])
        # asv hides PYTHONPATH from what it times.
        path = self._environment["PYTHONPATH"]
        self._call("asv.log", "-m", "asv", *command, ASV_PYTHONPATH=path, **variables)

    def compare(self, name: str, base: str) -> Iterator[tuple[str, str, float]]:
        """Yield a verdict at asv's default factor, and at 1.05 and 1.01."""
        config = str(self._folder / "asv" / "asv.conf.json")
        for factor in ("1.1", "1.05", "1.01"):
            commits = (self._commit(base), self._commit(name))
            out = self._call(
                *("asv.log", "-m", "asv", "compare", "--config", config, "--factor", factor),
                *commits,
            )
            row = re.search(
                r"^\|?\s*([+\-~x!]?)\s*\|.*?\|\s*~?([0-9.]+)\s*\|[^|]*\|\s*$", out, re.M
            )
            assert row, out
            said = {"+": "slower", "-": "faster"}.get(row.group(1), "not slower")
            yield f"compare, factor {factor}", said, float(row.group(2))

    def _commit(self, name: str) -> str:
        return (self._folder / "asv" / f"{name}.commit").read_text()

    def _git(self, *words: str) -> str:
        who = ("-c", "user.name=planted", "-c", "user.email=planted@localhost")
        command = ["git", "-C", str(self._folder / "asv"), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


JUDGES = (Duel, Compare, Gate, Asv, Pyperf, PytestBenchmark)


def _ratio(listed: str) -> float:
    """Return the change of torch's time, of what the cell is judged by."""
    found = json.loads(listed[listed.index("{") :])
    times = [
        each
        for each in found["changes"]
        if each["quantity"] == "time" and each["key"].endswith("/torch")
    ]
    return float(times[0]["ratio"]["value"]) if times and times[0].get("ratio") else 0.0


def table(rows: list[dict[str, Any]]) -> str:
    """Return a table in Markdown: what each rule said of each slow-down, the ratio, the seconds."""
    percents = sorted({row["percent"] for row in rows})
    lines = [
        f"| tool, rule | {' | '.join(f'{each} % planted' for each in percents)} | took |",
        f"| --- |{' --- |' * len(percents)} ---: |",
    ]
    for tool, rule in dict.fromkeys((row["tool"], row["rule"]) for row in rows):
        mine = {row["percent"]: row for row in rows if (row["tool"], row["rule"]) == (tool, rule)}
        told = []
        for percent in percents:
            row = mine.get(percent)
            ratio = f" × {row['ratio']:.3g}" if row and row["ratio"] else ""
            told.append(f"{row['said']}{ratio}" if row else "–")
        took = duration(fmean(row["seconds"] for row in mine.values()))
        lines.append(f"| {tool}, {rule} | {' | '.join(told)} | {took} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--percent", type=int, nargs="+", default=[5, 10])
    parser.add_argument("--tool", nargs="+", choices=[each.name for each in JUDGES])
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "KERAS_BACKEND": "torch",
        "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT / "src")]),
    }
    verdicts = folder / "verdicts.json"
    rows = json.loads(verdicts.read_text()) if verdicts.exists() else []
    for judge in (
        kind(folder, environment) for kind in JUDGES if kind.name in (asked.tool or kind.name)
    ):
        began = time.monotonic()
        judge.measure("base", PLANTED_PERCENT="0")
        base_seconds = time.monotonic() - began
        for percent in asked.percent:
            began = time.monotonic()
            judge.measure(f"plus-{percent}", PLANTED_PERCENT=str(percent))
            for rule, said, ratio in judge.compare(f"plus-{percent}", "base"):
                seconds = round(base_seconds + time.monotonic() - began, 1)
                rows.append(
                    {"tool": judge.name, "rule": rule, "percent": percent, "said": said}
                    | {"ratio": round(ratio, 4), "seconds": seconds}
                )
                print(json.dumps(rows[-1]), flush=True)
            lines = ",\n".join(map(json.dumps, rows))
            verdicts.write_text(f"[\n{lines}\n]\n")
    print(table(rows))


if __name__ == "__main__":
    main()
