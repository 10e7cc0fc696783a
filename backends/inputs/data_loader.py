"""Hand samples over by PyTorch's own ``DataLoader``."""

from typing import Any

PACKAGE = "torch"
CODE = (
    "samples = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))",
    "model.fit(torch.utils.data.DataLoader(samples, batch_size=SIZE, shuffle=True))",
)


def batches(
    parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool, workers: int
) -> Any:
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

    # Copies: the arrays may be views of files that can't be written, which torch warns of.
    tensors = keras.tree.map_structure(lambda array: torch.from_numpy(np.array(array)), parts)
    alone = all(isinstance(each, torch.Tensor) for each in tensors)
    whole: Any = TensorDataset(*tensors) if alone else Trees()
    return DataLoader(whole, batch_size=batch_size, shuffle=shuffle)
