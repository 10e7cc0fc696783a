"""Copy samples to the device of a framework, for users' models without Keras."""

from collections.abc import Callable
from typing import Any

import numpy as np

from aebench.backends.native import Array


def copier(backend: str) -> Callable[[Array], Any]:
    """Return a function that copies an array to the device on which a framework computes.

    Parameters
    ----------
    backend : str
        ``jax``, ``tensorflow`` or ``torch``, which is imported.
    """
    if backend == "jax":
        import jax.numpy as jnp

        return jnp.asarray  # type: ignore[no-any-return]
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.constant  # type: ignore[no-any-return]
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return lambda array: torch.from_numpy(np.array(array)).to(device)
