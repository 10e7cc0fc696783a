"""Hand samples over by a ``keras.utils.PyDataset`` that picks the samples of each batch."""

from typing import Any

PACKAGE = ""
# Without workers a step makes its own.
BATCHES_AHEAD = 0


def code(trains: bool) -> list[str]:
    """Return the lines of a user; see :class:`aebench.backends.inputs.InputPath`."""
    returned = "x[chosen], y[chosen]" if trains else "x[chosen]"
    return [
        f"class Batches(keras.utils.PyDataset): ...  # __getitem__ returns {returned}",
        "batches = Batches()",
    ]


def batches(parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool) -> Any:
    """Return a data set; see :class:`aebench.backends.inputs.InputPath`."""
    import keras
    import numpy as np

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._random = np.random.default_rng(0)
            self._order = np.arange(total)
            self.on_epoch_end()

        def __len__(self) -> int:
            return -(-total // batch_size)

        def __getitem__(self, number: int) -> Any:
            chosen = self._order[number * batch_size : (number + 1) * batch_size]
            return keras.tree.map_structure(lambda array: array[chosen], parts)

        def on_epoch_end(self) -> None:
            if shuffle:
                self._random.shuffle(self._order)

    return Batches()
