"""Say what NVIDIA's cards and libraries do alike for all frameworks. No framework is imported."""

import os
from collections.abc import Sequence

# Environment variables of a process that is to compute on the processor, whatever cards there are.
HIDDEN = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "HIP_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_TORCH_DEVICE": "cpu",
}
# The first cards that multiply float32 matrices in TF32, by their compute capability.
_FIRST_WITH_TF32 = (8, 0)
# NVIDIA's own libraries follow this variable, whatever a framework asks of them.
_OVERRIDE = "NVIDIA_TF32_OVERRIDE"


def in_force(asked: str, capability: Sequence[int] | str | None, by_nvidia: bool = True) -> str:
    """Return the precision in which a card multiplies float32 matrices.

    Parameters
    ----------
    asked : str
        The precision that the framework's settings allow, such as ``float32`` or ``tf32``.
    capability : sequence of int or str or None
        The card's compute capability, such as ``(8, 0)`` or ``"8.0"``. An unknown capability
        counts as one with TF32: the precision then is a class that isn't ranked with float32.
    by_nvidia : bool
        Whether NVIDIA's libraries compute all products. XLA computes some by kernels of its own,
        for which ``NVIDIA_TF32_OVERRIDE=0`` means nothing.
    """
    if not _has_tf32(capability):
        return "float32" if asked == "tf32" else asked
    override = os.environ.get(_OVERRIDE, "")
    if override == "0" and asked == "tf32" and by_nvidia:
        return "float32"
    return "tf32" if override not in ("", "0") and asked == "float32" else asked


def _has_tf32(capability: Sequence[int] | str | None) -> bool:
    parts = capability.split(".") if isinstance(capability, str) else capability
    try:
        return tuple(map(int, parts or _FIRST_WITH_TF32)) >= _FIRST_WITH_TF32
    except ValueError:  # another maker's name of a card, such as "gfx90a"
        return True
