"""The runs on either side of a comparison, and what of them stayed the same."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from aebench.reports import record
from aebench.reports.changes.judging import between_runs
from aebench.reports.changes.run_values import RunValue, RunValues
from aebench.reports.journal import Record
from aebench.reports.launches import Spread
from aebench.reports.same_run import distinct
from aebench.reports.summary.questions import Runs

# Beyond this ratio of the machine controls' times, seconds of two runs don't compare.
_CONTROLS_APART = 1.15


@dataclass(frozen=True)
class Sides:
    """The runs that are compared, and further runs that tell how runs differ here.

    Parameters
    ----------
    base, new : sequence of RunValues
        The runs on either side; several of a side are repetitions.
    history : sequence of RunValues
        Further runs.
    """

    base: Sequence[RunValues]
    new: Sequence[RunValues]
    history: Sequence[RunValues] = ()

    @property
    def two(self) -> tuple[Sequence[RunValues], Sequence[RunValues]]:
        """The sides: base and new."""
        return self.base, self.new

    @cached_property
    def both(self) -> list[RunValues]:
        """The runs of both sides."""
        return [*self.base, *self.new]

    @cached_property
    def _questions(self) -> list[list[RunValues]]:
        """The runs of one question on one machine together, apart for either side and the history.

        What the sides differ in is to be judged: it must not count as a difference between runs.
        """
        origins = [self.base, self.new, self.history]
        here = {_place(run) for run in self.both}
        runs = [
            (origin, run)
            for origin, some in enumerate(origins)
            for run in some
            if _place(run) in here
        ]
        numbers = Runs([run.source for _, run in runs]).question_of
        found: dict[tuple[int, int], list[RunValues]] = {}
        for number, (origin, run) in zip(numbers, runs, strict=True):
            found.setdefault((number, origin), []).append(run)
        return list(found.values())

    def between(self, value: Callable[[RunValues], RunValue | None]) -> Spread | None:
        """Return the spread between runs of a quantity on the sides' machines.

        Return None if no question was asked twice.
        """
        groups = [[value(run) for run in runs] for runs in self._questions]
        return between_runs([[each.log for each in group if each] for group in groups])

    @cached_property
    def one_machine(self) -> bool:
        """Whether all runs of both sides were made on one machine, with as many cores."""
        return len(set(map(_place, self.both))) == 1

    @cached_property
    def controls_apart(self) -> str:
        """Why seconds don't compare, by the machine controls; empty if they do."""
        seen = False
        for what, seconds in (
            ("fixed work", lambda run: run.header.machine.fixed_work_seconds),
            ("the compute control", lambda run: control_seconds(run, "compute")),
            ("the streaming control", lambda run: control_seconds(run, "streaming")),
        ):
            known = [each for each in map(seconds, self.both) if each]
            if len(known) < len(self.both):
                continue
            seen = True
            if max(known) > _CONTROLS_APART * min(known):
                return (
                    f"{what} took up to {max(known) / min(known):.2f} times as long in one run as "
                    "in another"
                )
        return "" if seen else "no control tells whether the machine was as fast"

    def unchanged(self, model: str, name: str) -> bool:
        """Return whether a contender, its versions, settings and model are those of all runs."""
        return len({_software(run, model, name) for run in self.both if name in run.views}) == 1


def _place(run: RunValues) -> tuple[object, ...]:
    """Return what tells machines, and limits of cores, apart."""
    return run.header.machine.kind, run.header.plan.threads


def control_seconds(run: RunValues, name: str) -> float | None:
    """Return the median seconds of a machine control per unit of its work; None if unknown."""
    sizes = run.source.of(record.ControlSizes)
    field = {"compute": "compute_passes", "streaming": "streamed_bytes"}[name]
    seconds = [
        value
        for block in run.source.of(record.Block)
        if (value := getattr(block, f"{name}_seconds")) is not None
    ]
    return median(seconds) / getattr(sizes[-1], field) if sizes and seconds else None


def _software(run: RunValues, model: str, name: str) -> str:
    """Return all that decides what a contender computes, as text that can be compared."""
    info = next(each for each in run.header.contenders if each.name == name)
    worker = run.worker_of.get((name, model))
    described = next((each for each in run.header.models if each.name == model), None)
    data = run.header.data_of(model)
    parts: tuple[object, ...] = (
        (info.backend, info.version, sorted(info.settings.items())),
        worker and (sorted(worker.versions.items()), sorted(worker.settings.items())),
        described and (described.sha256, described.parameters, repr(described.build_parameters)),
        (data.train_sha256, data.test_sha256, run.header.plan.threads),
        sorted(run.header.machine.environment.items()),
    )
    return repr(parts)


def values(
    runs: Iterable[RunValues], value: Callable[[RunValues], RunValue | None]
) -> list[RunValue]:
    """Return a quantity in all runs that know it."""
    return [found for run in runs if (found := value(run)) is not None]


def records(sources: Sequence[Record]) -> list[RunValues]:
    """Return the measurements of records, each run once."""
    return [RunValues(sources[each.index]) for each in distinct(sources)]
