"""Write the lines on machine, data and versions under the tables, and name failed measurements."""

from aebench.reports.formatting import core_count, duration, listed, percent
from aebench.reports.record import Failure
from aebench.reports.summary import Run, Summary


def failed_where(failure: Failure) -> str:
    """Return a failure's pass, model and contender as text; ``the run`` if it has none of them."""
    names = (failure.pass_name, failure.model, failure.contender)
    return " ".join(filter(None, names)) or "the run"


def facts(summary: Summary) -> list[str]:
    """Return the lines on runs, machine, data and versions that are shown under the tables."""
    # A line that several runs have in common is shown once.
    return list(dict.fromkeys(line for run in summary.runs for line in _facts(run)))


def _facts(run: Run) -> list[str]:
    machine, plan = run.machine, run.plan
    load = "" if machine.load_before is None else f", load before {machine.load_before}"
    threads = f", limited to {plan.threads}" if plan.threads else ""
    on = f", carried on {listed(run.carried_on)}" if run.carried_on else ""
    lines = [
        f"Run: {run.name}, {run.created}{on}, order seed {plan.order_seed}{load}.",
        f"Machine: {machine.processor}, {core_count(machine.cores)}{threads}, "
        f"{machine.memory_bytes / 2**30:.0f} GiB, {machine.system}.",
        *(
            f"Data: {data.name}, {data.train_samples:,} + {data.test_samples:,} samples, "
            f"train SHA-256 {data.train_sha256[:12]}…."
            for data in run.all_data
        ),
    ]
    if machine.environment:
        told = ", ".join(f"{name}={value}" for name, value in machine.environment.items())
        lines.append(f"Environment: {told}.")
    if run.versions:
        versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
        lines.append(f"Versions: {versions}, aebench {run.aebench}.")
    for contender, settings in run.settings.items():
        told = ", ".join(f"{name} {value}" for name, value in settings.items())
        lines.append(f"{contender}: {told}.")
    if run.speed:
        shares = [
            (run.speed.rounds, "in rounds"),
            (run.speed.repeated, "in blocks that were repeated"),
            (
                run.speed.overhead,
                "overhead (starting, compiling, warm-up, discarded steps, controls, pauses, ends "
                "of epochs)",
            ),
        ]
        told = ", ".join(f"{percent(share)} {what}" for share, what in shares if share)
        lines.append(f"Speed pass: {duration(run.speed.seconds)}, {told}.")
    return lines
