"""Add the controls to a plan's contenders, and choose the A/A control of each launch."""

from collections.abc import Sequence

import msgspec

from aebench.reports.record import ContenderInfo


def with_controls(
    found: Sequence[ContenderInfo], reference: str, known_effect: float = 0.0
) -> list[ContenderInfo]:
    """Return the contenders and their controls.

    Parameters
    ----------
    found : sequence of ContenderInfo
        The contenders and baselines.
    reference : str
        The name of the reference.
    known_effect : float
        If not 0, the reference alone has controls: beside its A/A control a known-effect control,
        which runs this share of steps more than it reports.

    Returns
    -------
    list of ContenderInfo
        The contenders, then an A/A control of each contender that is judged, the reference's first;
        :func:`taking_turns` chooses among them.
    """
    (original,) = (contender for contender in found if contender.name == reference)
    if known_effect:
        effect = msgspec.structs.replace(
            original,
            name=f"{reference} +{100 * known_effect:.3g} %",
            control_of=reference,
            known_effect=known_effect,
        )
        return [*found, _aa_control(original), effect]
    others = [
        contender
        for contender in found
        if contender.has_model
        and not (contender.missing or contender.baseline or contender.name == reference)
    ]
    return [*found, *map(_aa_control, [original, *others])]


def _aa_control(original: ContenderInfo) -> ContenderInfo:
    """Return the A/A control of a contender."""
    name = f"{original.name} A/A"
    return msgspec.structs.replace(original, name=name, control_of=original.name)


def taking_turns(able: Sequence[ContenderInfo], launch: int) -> list[ContenderInfo]:
    """Return the contenders of a cell's blocks in a launch.

    Parameters
    ----------
    able : sequence of ContenderInfo
        The contenders, baselines and controls that can run the cell.
    launch : int
        The launch, counted from 0.

    Returns
    -------
    list of ContenderInfo
        The same with a single A/A control: in launch 0 the first, in launch 1 the second, and so
        on, then again from the first. So every contender has a control, and no block is longer.
    """
    controls = [contender.name for contender in able if contender.is_aa_control]
    turn = controls[launch % len(controls)] if controls else ""
    return [each for each in able if not each.is_aa_control or each.name == turn]
