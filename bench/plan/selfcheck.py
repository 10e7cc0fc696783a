"""The instrument tested: a reference, its A/A control, and one that does more than it reports."""

from collections.abc import Sequence

from aebench.bench.plan import contenders
from aebench.bench.plan.plan import default_reference
from aebench.bench.plan.request import Request

KNOWN_EFFECT = 0.05


def request(backend: str | None, preset: str, model: str, batch_size: int) -> Request:
    """Ask for the speed pass of one backend against its own controls.

    Parameters
    ----------
    backend : str or None
        Which; the usual reference if None.
    preset, model, batch_size
        The sizes, and the cell, in training.

    Raises
    ------
    BadInputError
        If no backend is there.
    """
    asked: Sequence[str] = [backend] if backend else []
    if not asked:
        found = contenders.find([])
        asked = [default_reference(found)]
    return Request(
        preset=preset,
        backends=asked,
        models=[model],
        workloads=["train"],
        passes=["speed"],
        batch_sizes=[batch_size],
        known_effect=KNOWN_EFFECT,
        baselines=False,
    )
