"""Name a report: its subject, machines, days and versions, and its method in a paragraph."""

from aebench.reports import studies
from aebench.reports.formatting import core_count, listed, some
from aebench.reports.summary import Summary

_METHOD = (
    "All intervals are Student's over launches: rounds of one launch share its luck. The launches' "
    "spreads are pooled over models where they don't differ. Throughput is of steady steps, or of "
    "whole calls of predict, by the launches' medians. Ratios are geometric means of pairs in the "
    "same block, launch by launch (†: of separate runs, without pairs). Training is judged by "
    "epochs of fit, “epoch s”: the mean round's steps and what fit adds to them. Verdicts follow "
    "from the ratio's interval, adjusted for the comparisons of its table, and sentences over "
    "several tables from all of them together. An A/A control is a second worker of one "
    "contender: what its interval leaves open is noise."
)
_METHOD_ELSEWHERE = (
    "Each contender has a process of its own, and a fresh one in each pass. How each number comes "
    "about is in docs/method.md of aebench."
)


def title(summary: Summary) -> str:
    """Return the report's title, which names its subject, its machines and its days."""
    days = sorted({run.created[:10] for run in summary.runs})
    return f"{_subject(summary)}, {' to '.join(dict.fromkeys([days[0], days[-1]]))}"


def _subject(summary: Summary) -> str:
    machines = dict.fromkeys(
        f"{run.machine.processor}, {core_count(run.machine.cores)}" for run in summary.runs
    )
    where = f"on {' and '.join(some(machines))}"
    if summary.speed:
        return f"Keras backends {where}"
    study = next(iter(studies.named(list(summary.studies))), studies.Study())
    if len({row.train_samples for row in summary.quality}) > 1:
        return f"{study.subject} trained on fewer {study.samples}, {where}"
    if summary.quality:
        return f"{study.subject} trained by Keras backends {where}"
    if summary.profile or summary.memory:
        return f"Where time and memory go with Keras backends {where}"
    return f"Keras backends {where}"


def about(summary: Summary) -> str:
    """Return what was measured, with the versions of all packages."""
    contenders = dict.fromkeys(name for run in summary.runs for name in run.settings)
    names = [model.name for model in summary.models]
    plans = [run.plan for run in summary.runs]
    passes = dict.fromkeys(name for plan in plans for name in plan.passes)
    sizes = sorted({size for plan in plans for size in plan.batch_sizes})
    data = dict.fromkeys(each.name for run in summary.runs for each in run.all_data)
    parts = [
        listed(some(contenders)),
        listed(some(names)),
        f"batch {listed(some(map(str, sizes)))}",
        f"{listed(passes)} on {listed(some(data))}",
    ]
    return f"{'; '.join(filter(None, parts))}. {_versions(summary)}"


def _versions(summary: Summary) -> str:
    told = [each for run in summary.runs for each in run.versions.items()]
    found: dict[str, dict[str, None]] = {}
    for package, version in [*sorted(told), *(("aebench", run.aebench) for run in summary.runs)]:
        found.setdefault(package, {})[version] = None
    parts = (f"{package} {' and '.join(some(each))}" for package, each in found.items())
    return f"Versions: {', '.join(parts)}."


def method(summary: Summary) -> str:
    """Return a paragraph on how the numbers were computed from the measurements."""
    return _METHOD if summary.speed else _METHOD_ELSEWHERE
