"""Make the request of a self-check, which tests aebench by verdicts that are known beforehand.

A self-check measures a reference, its A/A control, and a known-effect control, which runs more
steps than it reports.
"""

from collections.abc import Sequence

from aebench.bench.errors import BadInputError
from aebench.bench.plan import contenders
from aebench.bench.plan.plan import default_reference
from aebench.bench.plan.request import Request

# The known-effect control runs this share of steps more than it reports.
KNOWN_EFFECT = 0.05


def request(backend: str | None, preset: str, model: str, batch_size: int) -> Request:
    """Return a request for the speed pass of one backend beside its own controls.

    Parameters
    ----------
    backend : str or None
        The backend; None takes the default reference of the installed backends.
    preset : str
        Name of the preset whose launches and blocks are used.
    model, batch_size
        The model and the batch size of the only cell. Its workload is ``train``.

    Raises
    ------
    BadInputError
        If no backend is installed, or if the backend can't train.
    """
    asked: Sequence[str] = [backend] if backend else []
    found = contenders.find(asked, run=False)
    if not asked:
        asked = [default_reference(found)]
    elif reason := found[0].why_not("train"):
        raise BadInputError(f"the self-check trains, and {reason}: give another backend.")
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
