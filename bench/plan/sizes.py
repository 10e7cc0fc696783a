"""Find the sizes of the speed pass for every workload: the sizes asked for, else the preset's."""

import re
from collections.abc import Mapping, Sequence

from aebench.bench import workloads
from aebench.bench.errors import BadInputError
from aebench.bench.plan.presets import Preset
from aebench.bench.quoting import shortly
from aebench.reports.record import ContenderInfo, WorkloadSizes


def plan_sizes(
    preset: Preset,
    asked: Mapping[str, Sequence[int]],
    launches: int | None = None,
    blocks: int | None = None,
) -> list[WorkloadSizes]:
    """Return the sizes of all workloads.

    Parameters
    ----------
    preset : Preset
        The preset; its sizes are used where none were asked for.
    asked : mapping of str to sequence of int
        The batch sizes of each workload that is measured, as :func:`batch_sizes` returns them.
    launches, blocks : int or None
        The numbers for all workloads; None takes the preset's.
    """
    found = []
    for name, sizes in asked.items():
        usual = preset.sizes_of(name)
        own = () if name in preset.workloads else workloads.load(name).batch_sizes
        found.append(
            WorkloadSizes(
                name,
                list(sizes or own or usual.batch_sizes),
                launches or usual.launches,
                blocks or usual.blocks,
            )
        )
    return found


def first_batch_size(sizes: Sequence[WorkloadSizes]) -> int:
    """Return the batch size of all passes other than speed.

    It is the first batch size of the first workload that trains, or of the first workload if none
    trains.
    """
    training = [
        workload_sizes for workload_sizes in sizes if workloads.load(workload_sizes.workload).trains
    ]
    return [*training, *sizes][0].batch_sizes[0]


def batch_sizes(words: Sequence[int | str], names: Sequence[str]) -> dict[str, list[int]]:
    """Read batch sizes such as ``32 500`` or ``train=32,500 predict=1``.

    Parameters
    ----------
    words : sequence of int or str
        A number belongs to the workload named last before it, or to all workloads if none was
        named. Words may be split at their commas: ``train=32``, ``500``.
    names : sequence of str
        The workloads that are measured.

    Returns
    -------
    dict of str to list of int
        The batch sizes of every workload, without repetitions. The list of a workload is empty if
        no batch size was given for it.

    Raises
    ------
    BadInputError
        If a batch size is not a number, or belongs to a workload that isn't measured.
    """
    found: dict[str, dict[int, None]] = {name: {} for name in names}
    current = list(names)
    for piece in (piece for word in words for piece in str(word).split(",")):
        name, equals, number = piece.rpartition("=")
        if equals and name not in found:
            raise BadInputError(
                f"--batch-size {shortly(piece)} is of a workload that isn't measured: use "
                f"{', '.join(found)}."
            )
        if not re.fullmatch("-?[0-9]{1,30}", number):
            raise BadInputError(
                f"--batch-size {shortly(piece)} must be a whole number, alone or after a "
                "workload, such as 32 or train=32."
            )
        current = [name] if equals else current
        for workload in current:
            found[workload][int(number)] = None
    return {name: list(sizes) for name, sizes in found.items()}


def obstacle(contender: ContenderInfo, workload: str) -> str:
    """Return why a contender can't run a workload; empty if it can."""
    return contender.missing or contender.why_not("speed", workload)
