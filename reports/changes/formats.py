"""Write what changed in the formats of other tools: pull requests, jobs, tests, trackers."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

from aebench.reports import markdown
from aebench.reports.changes import Changes
from aebench.reports.changes.change import LOSS, PEAK, START, TIME, Change
from aebench.reports.changes.rules import FAILED, PASSED, UNDECIDED, Outcome
from aebench.reports.changes.wording import answer, sentence, tables, verdict_of_rules
from aebench.reports.launches import estimate
from aebench.reports.sanitize import printable
from aebench.reports.statistics import Estimate
from aebench.reports.tables import Table

# Annotations of GitHub by the outcome, and characters that its commands need encoded.
_COMMANDS = {FAILED: "error", UNDECIDED: "warning"}
_ENCODED = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_MOST_ANNOTATIONS = 50
# Measures of Bencher's metric format, and the factor to their units: nanoseconds and bytes.
_MEASURES = {TIME: ("latency", 1e9), START: ("cold-start", 1e9), PEAK: ("peak-memory", 1.0)}
_MEASURES[LOSS] = ("loss", 1.0)


def as_markdown(changes: Changes, outcomes: Sequence[Outcome], everything: bool = False) -> str:
    """Return a paragraph and tables for a pull request."""
    sentences = [answer(changes), *(verdict_of_rules(outcomes) if outcomes else [])]
    parts = [" ".join(map(markdown.inline, sentences[:2]))]
    parts += [f"- {markdown.inline(each)}" for each in sentences[2:]]
    text = "\n".join([parts[0], "", *parts[1:]]).rstrip()
    return "\n\n".join([text, *map(_table, tables(changes, everything))]) + "\n"


def _table(table: Table) -> str:
    lines = [f"**{markdown.inline(table.title)}**", ""]
    lines += [markdown.row(table.columns), markdown.rule(table.lefts)]
    lines += [markdown.row(row) for row in table.legible().rows]
    lines += ["", *(f"{markdown.plain(note)}\n" for note in table.notes)]
    return "\n".join(lines).strip()


def as_json(changes: Changes, outcomes: Sequence[Outcome], everything: bool = False) -> str:
    """Return everything as a document of JSON."""
    del everything  # a program reads all
    found = {
        "base": [run.header.name for run in changes.sides.base],
        "new": [run.header.name for run in changes.sides.new],
        "changes": [
            {**_facts(change), "verdict": word}
            for change, word in zip(changes.changes, changes.verdicts, strict=True)
        ],
        "environment": [each._asdict() for each in changes.environment],
        "rules": [
            {
                "rule": each.rule.text,
                "key": each.change.key,
                "quantity": each.change.quantity,
                "outcome": each.word,
                "reason": each.reason,
            }
            for each in outcomes
        ],
    }
    return json.dumps(found, indent=1) + "\n"


def _facts(change: Change) -> dict[str, Any]:
    return {
        "quantity": change.quantity,
        "key": change.key,
        "contender": change.contender,
        "beside": change.against,
        "base": _ends(change.base),
        "new": _ends(change.new),
        "ratio": _ends(change.ratio),
        "noise_floor": change.noise_floor,
        "reason": change.reason,
    }


def _ends(value: Estimate | None) -> dict[str, float | None] | None:
    return {"value": value.value, "low": value.low, "high": value.high} if value else None


def as_junit(changes: Changes, outcomes: Sequence[Outcome], everything: bool = False) -> str:
    """Return a suite of tests in JUnit's XML: a case per change and rule; undecided is skipped."""
    del changes, everything
    suite = ElementTree.Element(
        "testsuite",
        name="aebench compare",
        tests=str(len(outcomes)),
        failures=str(sum(each.word == FAILED for each in outcomes)),
        skipped=str(sum(each.word == UNDECIDED for each in outcomes)),
        errors="0",
    )
    for each in outcomes:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=printable(f"aebench.{each.change.quantity}"),
            name=printable(f"{each.change.key} [{each.rule.text}]"),
        )
        if each.word != PASSED:
            kind = "failure" if each.word == FAILED else "skipped"
            ElementTree.SubElement(case, kind, message=printable(sentence(each)))
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def as_github(changes: Changes, outcomes: Sequence[Outcome], everything: bool = False) -> str:
    """Return annotations of GitHub Actions: an error per failure, a warning per open one."""
    del everything
    lines = []
    worst = sorted(outcomes, key=lambda each: each.word != FAILED)
    for each in [each for each in worst if each.word in _COMMANDS][:_MOST_ANNOTATIONS]:
        title = _encoded(f"aebench: {each.change.quantity} {each.word}", ",:")
        lines.append(f"::{_COMMANDS[each.word]} title={title}::{_encoded(sentence(each))}")
    whole = [answer(changes), *(verdict_of_rules(outcomes)[:1] if outcomes else [])]
    lines.append(f"::notice title=aebench::{_encoded(' '.join(whole))}")
    return "\n".join(lines) + "\n"


def _encoded(text: str, further: str = "") -> str:
    """Return text as GitHub's commands need it; in properties commas and colons too."""
    codes = {**_ENCODED, **{each: f"%{ord(each):02X}" for each in further}}
    return "".join(codes.get(each, each) for each in printable(text))


def as_bmf(changes: Changes, outcomes: Sequence[Outcome], everything: bool = False) -> str:
    """Return the new side's own figures in Bencher's metric format.

    A benchmark is a cell and a contender; measures are ``latency`` (of a step, or of an epoch of
    ``fit``) and ``cold-start`` in nanoseconds, ``peak-memory`` in bytes, and ``loss``.
    """
    del outcomes, everything
    found: dict[str, dict[str, dict[str, float]]] = {}
    for change in changes.changes:
        own = _own(changes, change)
        if change.quantity in _MEASURES and own:
            measure, factor = _MEASURES[change.quantity]
            metric = {"value": own.value * factor}
            if own.low is not None and own.high is not None:
                metric |= {"lower_value": own.low * factor, "upper_value": own.high * factor}
            found.setdefault(change.key, {})[measure] = metric
    return json.dumps(found, indent=1) + "\n"


def _own(changes: Changes, change: Change) -> Estimate | None:
    """Return a quantity on the new side for itself: not a ratio, and judged or not."""
    if change.quantity == LOSS:
        return change.new
    for run in changes.sides.new:
        value = None
        if change.quantity == TIME:
            workload, model, batch_size = change.place
            key = (model, workload, int(batch_size))
            if key in run.cells and change.contender in run.cells[key].cell.blocks:
                epochs = run.has_epochs(key, change.contender)
                value = run.seconds(key, change.contender, epochs)
        elif (change.model, change.contender) in run.starts:
            value = run.start(change.model, change.contender, change.quantity)
        if value:
            return estimate(value.log, value.error)
    return None


FORMATS: dict[str, Callable[[Changes, Sequence[Outcome], bool], str]] = {
    "markdown": as_markdown,
    "json": as_json,
    "junit": as_junit,
    "github": as_github,
    "bmf": as_bmf,
}
