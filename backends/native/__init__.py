"""Define the baselines: the autoencoder in every framework without Keras, and lower bounds.

Every framework has one file, whose ``NETWORK`` is a class that has the methods of :class:`Network`.
``gemm`` computes the matrix products of a step alone. ``oracle`` computes the whole step in
float64 with NumPy: the parity checks compare all contenders with it. Importing this package
imports no framework.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np

from aebench import backends

Array = np.ndarray[Any, Any]
# Why a model that is neither an autoencoder nor given without Keras in its file isn't supported.
NOT_GIVEN = "the model's file doesn't have it without Keras (native_jax(), for instance)"


@dataclass(frozen=True)
class Hyperparameters:
    """What a network and its training need in addition to the weights.

    Parameters
    ----------
    learning_rate : float
        Learning rate of plain stochastic gradient descent.
    dropout : float
        Dropout rate; 0 is no dropout.
    dropout_layers : tuple of int
        The dense layers, counted from 0, that dropout follows.
    seed : int
        Seed of the dropout masks.
    """

    learning_rate: float
    dropout: float = 0.0
    dropout_layers: tuple[int, ...] = ()
    seed: int = 0


class DenseChain(Protocol):
    """A model that is a chain of dense layers; :class:`Network` says what is between them."""

    @property
    def learning_rate(self) -> float:
        """Return the rate of plain stochastic gradient descent."""

    @property
    def dropout(self) -> float:
        """Return the rate of dropout; 0 is none."""

    @property
    def dropout_layers(self) -> tuple[int, ...]:
        """Return the dense layers that dropout follows, counted from 0."""


def hyperparameters(chain: DenseChain, seed: int) -> Hyperparameters:
    """Return the hyperparameters of a model; ``seed`` is the seed of the dropout masks."""
    return Hyperparameters(chain.learning_rate, chain.dropout, chain.dropout_layers, seed)


class Loop(Protocol):
    """Run steps of a whole network, or its matrix products alone."""

    def load(self, images: Array, batch_size: int) -> Any:
        """Copy images (samples × pixels, whole batches) to the device, split into batches."""

    def prepare(self, workload: str, batches: Any, steps: int) -> None:
        """Compile what :meth:`run` needs for a number of steps."""

    def run(self, workload: str, batches: Any, first: int, steps: int) -> Any:
        """Run ``steps`` steps from batch ``first`` on; after the last batch comes batch 0 again.

        Returns
        -------
        Any
            Arrays of the framework that the timing waits for; for ``"train"`` they are losses.
        """


class Network(Loop, Protocol):
    """Compute the autoencoder: dense layers, ReLU between them, cross-entropy of a sigmoid.

    Parameters
    ----------
    weights : list of ndarray
        Kernel (inputs × units) and bias (units) of every layer.
    hyperparameters : Hyperparameters
        Learning rate and dropout.

    Attributes
    ----------
    HOW : str
        How the steps are run, in a few words for the record.
    """

    HOW: str
    learning_rate: float

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None: ...

    def weights(self) -> list[Array]:
        """Return the current weights, in the order in which the constructor got them."""

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels, without dropout."""

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy of a batch, without dropout."""

    def masks(self, samples: int) -> list[Array]:
        """Return each dropout layer's output for ones (samples × units) as input in training."""


def load(backend: str) -> type[Network]:
    """Import a baseline's network, and its framework with it.

    Parameters
    ----------
    backend : str
        A backend with a ``BASELINE``, such as ``"jax"``.

    Returns
    -------
    type
        The class ``NETWORK`` of the baseline's file.
    """
    return cast(type[Network], import_module(backends.load(backend).BASELINE).NETWORK)
