"""List what differs between the environments of two sides: versions, settings, machine, models."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from aebench.reports.changes.run_values import RunValues
from aebench.reports.changes.sides import Sides
from aebench.reports.record import WorkerInfo

# Before a model's name, of a difference of its code or its size.
MODEL = "model "
_ABSENT = "–"
_MOST = 200


class EnvironmentDifference(NamedTuple):
    """Something that isn't the same on both sides, and what it is on either."""

    what: str
    base: str
    new: str


def differences(found: Sides) -> list[EnvironmentDifference]:
    """Return what differs between the environments, beside what was measured."""
    facts: list[tuple[str, Callable[[RunValues], dict[str, str]]]] = [
        ("", _machine),
        ("", _versions),
        ("", _settings),
        ("variable ", lambda run: dict(run.header.machine.environment)),
        (MODEL, _models),
        ("data of ", _data),
    ]
    listed: list[EnvironmentDifference] = []
    for prefix, facts_of in facts:
        base, new = (_joined(runs, facts_of) for runs in (found.base, found.new))
        names = dict.fromkeys([*base, *new])
        if facts_of in (_settings, _models, _data):
            # What one side alone measured is no difference of environments.
            names = dict.fromkeys(name for name in base if name in new)
        listed += [
            EnvironmentDifference(
                f"{prefix}{name}", base.get(name, _ABSENT), new.get(name, _ABSENT)
            )
            for name in names
            if base.get(name) != new.get(name)
        ]
    return listed[:_MOST]


def _joined(
    runs: Sequence[RunValues], facts_of: Callable[[RunValues], dict[str, str]]
) -> dict[str, str]:
    """Return the facts of a side; what its runs differ in is joined."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        for name, fact in facts_of(run).items():
            found.setdefault(name, {})[fact] = None
    return {name: " and ".join(facts) for name, facts in found.items()}


def _machine(run: RunValues) -> dict[str, str]:
    machine = run.header.machine
    return {
        "processor": machine.processor,
        "cores": str(machine.cores),
        "cores of a contender": str(run.header.plan.threads or "all"),
        "system": machine.system,
        "Python": machine.python,
        "aebench": run.header.aebench,
        **machine.identity,
    }


def _versions(run: RunValues) -> dict[str, str]:
    """Return versions by package; a package of which contenders differ has theirs."""
    by_package: dict[str, dict[str, str]] = {}
    for name, worker in _workers(run):
        for package, version in worker.versions.items():
            by_package.setdefault(package, {})[name] = version
    found = {}
    for package, versions in by_package.items():
        if len(set(versions.values())) == 1:
            found[package] = next(iter(versions.values()))
        else:
            found |= {f"{package} of {name}": version for name, version in versions.items()}
    return found


def _settings(run: RunValues) -> dict[str, str]:
    """Return settings in force by contender; those in which its models differ have their name."""
    found: dict[str, str] = {}
    by_setting: dict[tuple[str, str], dict[str, str]] = {}
    for name, worker in _workers(run):
        for setting, value in worker.settings.items():
            by_setting.setdefault((setting, name), {})[worker.model] = value
    for (setting, name), values in by_setting.items():
        if len(set(values.values())) == 1:
            found[f"{setting} of {name}"] = next(iter(values.values()))
        else:
            found |= {f"{setting} of {name}, {model}": each for model, each in values.items()}
    return found


def _workers(run: RunValues) -> list[tuple[str, WorkerInfo]]:
    """Return the workers of contenders by their names, without controls: they are copies."""
    return [
        (name, worker)
        for (name, _), worker in run.worker_of.items()
        if name in run.views and not run.views[name].info.control_of
    ]


def _models(run: RunValues) -> dict[str, str]:
    return {
        each.name: f"{each.sha256[:12] or each.where}, {each.parameters or '?'} parameters"
        for each in run.header.models
    }


def _data(run: RunValues) -> dict[str, str]:
    return {
        each.name: f"{data.name} {data.train_sha256[:12]}, {data.train_samples} samples"
        for each in run.header.models
        if (data := run.header.data_of(each.name))
    }
