"""Parts that all summaries use: contenders with their measurements, models and workloads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.summary.questions import Runs
from aebench.reports.summary.record_sets import to_tell_apart

T = TypeVar("T")

FULL_TRAINING_EPOCHS = 20
MIB = 2**20


@dataclass(frozen=True)
class ContenderView:
    """A contender of one record, under the name that reports show.

    Parameters
    ----------
    name : str
        The contender's name; the run's name is added if another run measured the same thing under
        the same name.
    run : int
        Index of the contender's record.
    source : Record
        The contender's record.
    info : ContenderInfo
        The contender in the record's header.
    """

    name: str
    run: int
    source: Record
    info: record.ContenderInfo
    _events: dict[tuple[type, str], list[record.Event]]
    _by_batch: dict[tuple[type, str], dict[int | None, list[record.Event]]] = field(
        default_factory=dict, compare=False
    )

    @cached_property
    def within_run(self) -> "ContenderView":
        """The contender by its name in the record: within its run it needs no other."""
        # Made once, since a view finds what it knows of its models once.
        return self if self.name == self.info.name else replace(self, name=self.info.name)

    @cached_property
    def platform(self) -> str:
        """Return the kind of device that the contender computes on; empty if it isn't known."""
        told = (each.settings.get("platform", "") for each in self.all_of(record.WorkerInfo))
        return next(filter(None, told), "")

    def of(self, kind: type[T], model: str) -> list[T]:
        """Return the contender's events of one type for one model."""
        return self._events.get((kind, model), [])  # type: ignore[return-value]

    def of_batch(self, kind: type[T], model: str, batch_size: int) -> list[T]:
        """Return the contender's events of one type for one model and batch size."""
        key = (kind, model)
        if key not in self._by_batch:
            sorted_out = self._by_batch[key] = {}
            for row in self._events.get(key, []):
                sorted_out.setdefault(row.batch_size, []).append(row)  # type: ignore[union-attr]
        return self._by_batch[key].get(batch_size, [])  # type: ignore[return-value]

    def all_of(self, kind: type[T]) -> list[T]:
        """Return the contender's events of one type for all models, grouped by model."""
        found = [rows for (each, _), rows in self._events.items() if each is kind]
        return [row for rows in found for row in rows]  # type: ignore[misc]

    def all_of_batch(self, kind: type[T], batch_size: int) -> list[T]:
        """Return the contender's events of one type and batch size for all models, by model."""
        # Sorted out once: each of many models asks.
        key = (kind, "")
        if key not in self._by_batch:
            sorted_out = self._by_batch[key] = {}
            for (each, _), rows in self._events.items():
                for row in rows if each is kind else ():
                    sorted_out.setdefault(row.batch_size, []).append(row)  # type: ignore[union-attr]
        return self._by_batch[key].get(batch_size, [])  # type: ignore[return-value]

    def failure(self, pass_name: str, model: str, workload: str = "") -> str:
        """Return why the contender was not, or not completely, measured; empty if it was.

        Parameters
        ----------
        pass_name, model : str
            The pass and the model in question.
        workload : str, optional
            A workload: if its backend or the model can't run it, that is a reason too.
        """
        reason = self.info.missing or self.info.why_not(pass_name, workload)
        if not reason and model in self._models:
            reason = self._models[model].why_not(self.info, pass_name, workload)
        return reason or self._reasons.get((pass_name, model, ""), "")

    def failure_of_part(self, pass_name: str, model: str, part: str) -> str:
        """Return why a part of a task failed; empty if it didn't."""
        return self._reasons.get((pass_name, model, part), "")

    @cached_property
    def _models(self) -> dict[str, record.ModelInfo]:
        return {each.name: each for each in self.source.header.models}

    @cached_property
    def _reasons(self) -> dict[tuple[str, str, str], str]:
        """Map a pass, a model and a part to the reason of their first failure."""
        found: dict[tuple[str, str, str], str] = {}
        for failure in self.all_of(record.Failure):
            found.setdefault((failure.pass_name, failure.model, failure.part), failure.reason)
        return found


def contenders(sources: Sequence[Record]) -> list[ContenderView]:
    """Return the contenders of all records.

    A contender that is missing in one run is left out if another run has it. A contender that is
    missing in all runs is listed once.
    """
    found = [(run, info) for run, source in enumerate(sources) for info in source.header.contenders]
    present = {info.name for _, info in found if not info.missing}
    apart = to_tell_apart(sources)
    names = Runs(sources).names
    measured = [_by_contender(source) for source in sources]
    shown: list[ContenderView] = []
    listed: set[str] = set()
    for run, info in found:
        if info.missing and (info.name in listed or info.name in present):
            continue
        listed.add(info.name)
        source = sources[run]
        name = f"{info.name} ({names[run]})" if info.name in apart else info.name
        shown.append(ContenderView(name, run, source, info, measured[run].get(info.name, {})))
    return shown


def _by_contender(source: Record) -> dict[str, dict[tuple[type, str], list[record.Event]]]:
    """Sort a record's events by contender, then by kind and model."""
    found: dict[str, dict[tuple[type, str], list[record.Event]]] = {}
    for event in source.events:
        contender = getattr(event, "contender", None)
        if contender is not None:
            key = (type(event), event.model)  # type: ignore[union-attr]
            found.setdefault(contender, {}).setdefault(key, []).append(event)
    return found


def models(sources: Sequence[Record]) -> list[record.ModelInfo]:
    """Return the models of all records without repetitions."""
    return list({each.name: each for source in sources for each in source.header.models}.values())


def workloads(sources: Sequence[Record]) -> list[record.WorkloadInfo]:
    """Return the workloads of all records without repetitions."""
    return list(
        {each.name: each for source in sources for each in source.header.workloads}.values()
    )


def workload_info(found: Sequence[record.WorkloadInfo], name: str) -> record.WorkloadInfo:
    """Return the words for a workload; if no header describes it, make words from its name."""
    unknown = record.WorkloadInfo(name, f"runs {name} on", name)
    return next((each for each in found if each.name == name), unknown)


def asked(
    sources: Sequence[Record], views: Sequence[ContenderView], pass_name: str
) -> Iterator[tuple[str, ContenderView]]:
    """Yield each pair of a model and a contender that a pass planned to measure, not controls."""
    there = [_measured(source.header, pass_name) for source in sources]
    for model in models(sources):
        for view in views:
            planned = pass_name in view.source.header.plan.passes
            if planned and model.name in there[view.run] and not view.info.control_of:
                yield model.name, view


def _measured(header: record.Header, pass_name: str) -> set[str]:
    """Return the models that a pass measures; the quality pass also trains the others."""
    return {
        each.name
        for each in header.models
        if pass_name == "quality" or header.plan.in_full(each.name)
    }


def pairs(
    sources: Sequence[Record], views: Sequence[ContenderView], pass_name: str
) -> Iterator[tuple[str, ContenderView]]:
    """Yield the pairs of :func:`asked` whose contender runs Keras."""
    return (pair for pair in asked(sources, views, pass_name) if pair[1].info.on_keras)
