"""The sizes of the speed pass, workload by workload: those asked for, else the preset's."""

import re
from collections.abc import Mapping, Sequence

from aebench.bench import workloads
from aebench.bench.errors import BadInputError
from aebench.bench.plan.order import williams_rows
from aebench.bench.plan.presets import Preset
from aebench.bench.quoting import shortly
from aebench.reports.record import ContenderInfo, WorkloadSizes


def planned(
    preset: Preset,
    asked: Mapping[str, Sequence[int]],
    contenders: Sequence[ContenderInfo],
) -> list[WorkloadSizes]:
    """Fix the sizes of all workloads.

    Parameters
    ----------
    preset : Preset
        Whose sizes are used where nothing was asked for.
    asked : mapping of str to sequence of int
        The batch sizes of each workload that is measured, as :func:`batch_sizes` returns them.
    contenders : sequence of ContenderInfo
        Those of the plan; the number that takes part in a workload sets the number of blocks.
    """
    found = []
    for name, sizes in asked.items():
        usual = preset.sizes_of(name)
        own = () if name in preset.workloads else workloads.load(name).batch_sizes
        taking_part = [contender for contender in contenders if not obstacle(contender, name)]
        found.append(
            WorkloadSizes(
                name,
                list(sizes or own or usual.batch_sizes),
                usual.launches,
                balanced(usual.blocks, len(taking_part)),
            )
        )
    return found


def first_batch_size(sizes: Sequence[WorkloadSizes]) -> int:
    """Return the batch size of the passes beside speed: of a workload that trains, if any does."""
    training = [each for each in sizes if workloads.load(each.workload).trains]
    return [*training, *sizes][0].batch_sizes[0]


def batch_sizes(words: Sequence[int | str], names: Sequence[str]) -> dict[str, list[int]]:
    """Read batch sizes such as ``32 500`` or ``train=32,500 predict=1``.

    Parameters
    ----------
    words : sequence of int or str
        A number is a batch size of the workload before it, of all workloads where none is before
        it. Words may be split at their commas: ``train=32``, ``500``.
    names : sequence of str
        The workloads that are measured.

    Returns
    -------
    dict of str to list of int
        The batch sizes of each workload, without repetitions; an empty list where none is given.

    Raises
    ------
    BadInputError
        If one isn't a number, or is of a workload that isn't measured.
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


def balanced(blocks: int, contenders: int) -> int:
    """Raise a number of blocks to a multiple of the design's rows for so many contenders."""
    rows = len(williams_rows(max(1, contenders)))
    return -(-blocks // rows) * rows


def obstacle(contender: ContenderInfo, workload: str) -> str:
    """Return why a contender can't run a workload; empty if it can."""
    return contender.missing or contender.unsupported.get(workload, "")
