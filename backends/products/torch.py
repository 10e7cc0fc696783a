"""Compute products with PyTorch's eager operations, and stream memory.

``torch.compile`` isn't used: it hands products to the same library, and takes up to a minute. What
it would save is a call per product, some microseconds, which matter on an accelerator alone.
"""

from collections.abc import Callable
from typing import Any

import torch

from aebench.backends.products import Chain, Repeatable, Reusing, step


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


class TorchProducts:
    """Products of a chain: one eager operation after the other."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._start = torch.from_numpy(chain.start).to(_device())
        self._kernels = [torch.from_numpy(kernel).to(_device()) for kernel in chain.kernels]
        self._multiply = Reusing(lambda left, right, out: torch.mm(left, right, out=out))

    def run(self, times: int) -> Any:
        """Compute the products of ``times`` steps."""
        start = self._start
        kept: list[Any] = []
        with torch.inference_mode():
            for _ in range(times):
                self._multiply.begin_step()
                start, kept = step(start, self._kernels, self._chain, self._multiply, torch.cat)
        return start, kept


class TorchStream:
    """Passes over the memory of the device on which PyTorch computes."""

    def __init__(self, floats: int) -> None:
        self._to = torch.zeros(floats, device=_device())
        self._what = torch.full((floats,), 1e-6, device=_device())

    def run(self, times: int) -> Any:
        """Run ``times`` passes."""
        with torch.inference_mode():
            for _ in range(times):
                self._to.add_(self._what)
        return self._to


LOOPS: dict[str, Callable[[Chain], Repeatable]] = {"torch": TorchProducts}
STREAM = TorchStream
