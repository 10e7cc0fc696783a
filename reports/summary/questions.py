"""Decide which runs asked the same question, on which machine, and what to call them.

Runs of the same question on one machine are combined; machines stand side by side.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from aebench.reports import record
from aebench.reports.formatting import core_count, listed, some
from aebench.reports.journal import Record
from aebench.reports.record import ContenderInfo, MachineInfo

# What a processor's name holds beside its make: marks, a word for the thing, its frequency.
_IDLE_WORDS = re.compile(r"\((?:r|tm)\)|\b(?:processor|cpu)\b|@.*", re.IGNORECASE)


@dataclass(frozen=True)
class Runs:
    """The runs of a report: their names, machines, and the questions that they asked.

    Parameters
    ----------
    sources : sequence of Record
        The records, each of another run.
    """

    sources: Sequence[Record]

    @cached_property
    def names(self) -> list[str]:
        """Return a name for each run; runs of one name get their date, or a number."""
        names = [source.header.name for source in self.sources]
        times = Counter(names)
        dated = [
            f"{name}, {source.header.created[:16]}" if times[name] > 1 else name
            for name, source in zip(names, self.sources, strict=True)
        ]
        times = Counter(dated)
        before: Counter[str] = Counter()
        found: list[str] = []
        for name in dated:
            before[name] += 1
            found.append(f"{name} #{before[name]}" if times[name] > 1 else name)
        return found

    @cached_property
    def machines(self) -> dict[Hashable, str]:
        """Return a short name for each machine, by its ``kind``, in the order of these names."""
        return machine_names([source.header.machine for source in self.sources])

    @cached_property
    def _machine_of(self) -> list[str]:
        """Return for each run the short name of its machine."""
        return [self.machines[source.header.machine.kind] for source in self.sources]

    def machine(self, run: int) -> str:
        """Return the short name of a run's machine."""
        return self._machine_of[run]

    def machine_of(self, some: Sequence[int]) -> str:
        """Return the machine of some runs; empty if it is the report's only one, or not theirs."""
        names = {self.machine(run) for run in some}
        return names.pop() if len(names) == 1 < len(self.machines) else ""

    @cached_property
    def order(self) -> list[int]:
        """Return the runs in an order that doesn't depend on how they were given."""
        return sorted(range(len(self.sources)), key=self._place)

    @cached_property
    def place(self) -> dict[int, int]:
        """Return the place of each run in this order."""
        return {run: place for place, run in enumerate(self.order)}

    def _place(self, run: int) -> tuple[object, ...]:
        header = self.sources[run].header
        rounds = self.sources[run].of(record.Round)
        return self.machine(run), header.created, header.name, [row.seconds for row in rounds[:9]]

    @cached_property
    def _keras(self) -> list[dict[str, str]]:
        """Return for each run the version of Keras by contender."""
        return [
            {
                each.contender: each.versions.get("keras", "")
                for each in source.of(record.WorkerInfo)
            }
            for source in self.sources
        ]

    @cached_property
    def question_of(self) -> list[int]:
        """Return for each run the number of its question; runs on other machines have others.

        A run joins the first question whose runs are all comparable with it.
        """
        found: list[list[int]] = []
        here: dict[str, list[list[int]]] = {}
        for run in self.order:
            questions = here.setdefault(self.machine(run), [])
            for runs in questions:
                if all(not self.difference(run, other) for other in runs):
                    runs.append(run)
                    break
            else:
                questions.append([run])
                found.append(questions[-1])
        numbers = {run: number for number, runs in enumerate(found) for run in runs}
        return [numbers[run] for run in range(len(self.sources))]

    def difference(self, run: int, other: int) -> str:
        """Return what keeps two runs from being combined; empty if nothing does."""
        headers = [self.sources[each].header for each in (run, other)]
        if headers[0].machine.kind != headers[1].machine.kind:
            return "another machine"
        return self.settings_difference(run, other)

    def settings_difference(self, run: int, other: int) -> str:
        """Return what differs in two runs' questions, whatever their machines; empty if nothing.

        Sizes, order and time of a run don't matter: they change how well a ratio is known.
        """
        mine, theirs = self.sources[run].header, self.sources[other].header
        for what, one, another in _frames(mine, theirs):
            if one != another:
                return what
        contenders = {each.name: each for each in theirs.contenders if not each.missing}
        keras, other_keras = self._keras[run], self._keras[other]
        for each in mine.contenders:
            there = contenders.get(each.name)
            if each.missing or there is None:
                continue
            if each.version != there.version:
                return f"{each.name} {each.version or '?'} and {there.version or '?'}"
            if _essence(each) != _essence(there):
                return f"settings of {each.name}"
            versions = keras.get(each.name), other_keras.get(each.name)
            if all(versions) and versions[0] != versions[1]:
                return f"Keras {versions[0]} and {versions[1]}"
        return ""


def _frames(one: record.Header, other: record.Header) -> Iterator[tuple[str, object, object]]:
    """Yield what two headers say of everything but contenders: a word, and both values."""
    shared = {model.name for model in one.models} & {model.name for model in other.models}
    data, other_data = (
        {
            model.name: (h.data_of(model.name).train_sha256, h.data_of(model.name).test_sha256)
            for model in h.models
            if {model.name} <= shared
        }
        for h in (one, other)
    )
    yield "other data", data, other_data
    yield "another limit of cores", one.plan.threads, other.plan.threads
    mine, theirs = one.plan.round_seconds, other.plan.round_seconds
    if mine and theirs:
        yield "rounds of another length", mine, theirs
    yield "other environment variables", one.machine.environment, other.machine.environment
    models = {each.name: each for each in other.models}
    for model in one.models:
        if model.name in models:
            yield f"another {model.name}", _built(model), _built(models[model.name])
    workloads = {each.name: each for each in other.workloads if each.name in other.plan.workloads}
    for workload in one.workloads:
        if workload.name in workloads and workload.name in one.plan.workloads:
            kind = f"rounds of {workload.name} are of another kind"
            yield kind, workload.timing, workloads[workload.name].timing


def _built(model: record.ModelInfo) -> tuple[object, ...]:
    return (
        model.where,
        model.function,
        sorted(map(repr, model.build_parameters.items())),
        model.sha256,
        model.parameters,
    )


def _essence(info: ContenderInfo) -> tuple[object, ...]:
    return (
        info.backend,
        info.framework,
        sorted(info.settings.items()),
        info.control_of,
        info.known_effect,
        info.baseline,
    )


def machine_names(machines: Sequence[MachineInfo]) -> dict[Hashable, str]:
    """Return a short name for each machine, by its ``kind``, in the order of these names.

    Machines of one name get their number of cores, or else a number.
    """
    found: dict[Hashable, MachineInfo] = {machine.kind: machine for machine in machines}
    alike: dict[str, list[Hashable]] = {}
    for kind, machine in found.items():
        alike.setdefault(_short(machine), []).append(kind)
    names: dict[Hashable, str] = {}
    for short, kinds in alike.items():
        cores = [found[kind].cores for kind in kinds]
        if len(kinds) == 1:
            names[kinds[0]] = short
        elif len(set(cores)) == len(cores):
            names |= {kind: f"{short}, {core_count(found[kind].cores)}" for kind in kinds}
        else:
            ordered = enumerate(sorted(kinds, key=repr), 1)
            names |= {kind: f"{short} #{number}" for number, kind in ordered}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def _short(machine: MachineInfo) -> str:
    """Return the names of the processor and of the first accelerator, without idle words."""
    processor = " ".join(_IDLE_WORDS.sub(" ", machine.processor).split()) or machine.processor
    # An accelerator's text begins with its name; driver and limits follow.
    accelerator = machine.identity.get("accelerators", "").partition(",")[0]
    return f"{processor} with {accelerator}" if accelerator else processor


def told_apart(machines: Sequence[MachineInfo]) -> list[str]:
    """Return sentences on machines of one name: by what they are told apart, or that they aren't.

    Records from before hold no identity.
    """
    names = machine_names(machines)
    by_name: dict[str, list[MachineInfo]] = {}
    for machine in {each.kind: each for each in machines}.values():
        by_name.setdefault(_short(machine), []).append(machine)
    sentences = []
    for name, alike in sorted(by_name.items()):
        if len(alike) < 2:
            if not alike[0].identity and sum(each.kind == alike[0].kind for each in machines) > 1:
                sentences.append(
                    f"These records hold no more of their machine than {name} and its cores: "
                    "machines of that name may be several."
                )
            continue
        facts = sorted({fact for each in alike for fact in each.identity})
        differing = [
            fact for fact in facts if len({each.identity.get(fact, "") for each in alike}) > 1
        ][:3]
        if differing:
            parts = [
                f"{names[each.kind]}: "
                + ", ".join(f"{fact} {each.identity.get(fact, 'unknown')}" for fact in differing)
                for each in sorted(alike, key=lambda each: names[each.kind])
            ]
            sentences.append(f"{'; '.join(some(parts))}.")
    return sentences


def reasons_apart(runs: Runs) -> list[str]:
    """Return sentences on runs of one machine that aren't combined, and why."""
    by_machine: dict[str, dict[int, list[int]]] = {}
    for run in runs.order:
        questions = by_machine.setdefault(runs.machine(run), {})
        questions.setdefault(runs.question_of[run], []).append(run)
    sentences = []
    for questions in by_machine.values():
        first, *others = questions.values()
        for other in others:
            why = next(filter(None, (runs.difference(other[0], one) for one in first)), "")
            if why:
                sentences.append(
                    f"{listed(runs.names[run] for run in other)} and "
                    f"{listed(runs.names[run] for run in first)} aren't combined: {why}."
                )
    return sentences
