"""Hand samples over by PyTorch's own ``DataLoader``."""

from typing import Any

PACKAGE = "torch"
# Without processes of its own a step makes its own.
BATCHES_AHEAD = 0


def code(trains: bool) -> list[str]:
    """Return the lines of a user; see :class:`aebench.backends.inputs.InputPath`."""
    of = ["torch.from_numpy(x)", *(["torch.from_numpy(y)"] if trains else [])]
    return [
        f"samples = torch.utils.data.TensorDataset({', '.join(of)})",
        f"batches = torch.utils.data.DataLoader(samples, batch_size=SIZE, shuffle={trains})",
    ]


def batches(parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool) -> Any:
    """Return a data set; see :class:`aebench.backends.inputs.InputPath`."""
    import keras
    import numpy as np
    import torch
    from torch.utils.data import DataLoader, Dataset, TensorDataset

    class Trees(Dataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return total

        def __getitem__(self, number: int) -> Any:
            return keras.tree.map_structure(lambda tensor: tensor[number], tensors)

    def tensor(array: Any) -> Any:
        # What can't be written is copied, since torch warns of it: a worker's arrays lie in files.
        return torch.from_numpy(array if array.flags.writeable else np.array(array))

    tensors = keras.tree.map_structure(tensor, parts)
    alone = all(isinstance(each, torch.Tensor) for each in tensors)
    whole: Any = TensorDataset(*tensors) if alone else Trees()
    return DataLoader(whole, batch_size=batch_size, shuffle=shuffle)
