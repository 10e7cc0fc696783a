"""Baselines: the same network and step in each framework without Keras, and what bounds them.

One file per framework with the same class in each, so that reading one is reading all; importing
this package imports no framework. ``gemm`` has the matrix products of a step alone, ``reference``
the whole step in float64 NumPy, to which every other one is compared.

Each framework's file has a class ``Network`` with the names of :class:`Network`.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np

from aebench import backends

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Hyperparameters:
    """What a network is and how it learns, beside its weights.

    Parameters
    ----------
    learning_rate : float
        Of plain stochastic gradient descent.
    dropout : float
        Rate; 0 is none.
    dropout_layers : tuple of int
        After which dense layers it stands, counted from 0.
    seed : int
        Of its masks.
    """

    learning_rate: float
    dropout: float = 0.0
    dropout_layers: tuple[int, ...] = ()
    seed: int = 0


class DenseChain(Protocol):
    """A model that is a chain of dense layers; see :class:`Network` for what lies between them."""

    @property
    def learning_rate(self) -> float:
        """Return the rate of plain stochastic gradient descent."""

    @property
    def dropout(self) -> float:
        """Return the rate of dropout; 0 is none."""

    @property
    def dropout_layers(self) -> tuple[int, ...]:
        """Return the dense layers that dropout follows, counted from 0."""


def supports(chain: DenseChain | None) -> str:
    """Return why a model has no baseline here; empty if it has.

    Parameters
    ----------
    chain : DenseChain or None
        The model's closed form, None if it has none.
    """
    if chain is None:
        return "a baseline without Keras is there for chains of dense layers alone"
    return ""


def hyperparameters(chain: DenseChain, seed: int) -> Hyperparameters:
    """Return how a model's network learns; ``seed`` is of its masks."""
    return Hyperparameters(chain.learning_rate, chain.dropout, chain.dropout_layers, seed)


class Loop(Protocol):
    """What runs steps: a whole network, or its matrix products alone."""

    def load(self, images: Array, batch_size: int) -> Any:
        """Put images (samples × pixels, whole batches) where steps take them from."""

    def prepare(self, workload: str, batches: Any, steps: int) -> None:
        """Compile what :meth:`run` needs for so many steps."""

    def run(self, workload: str, batches: Any, first: int, steps: int) -> Any:
        """Run steps from batch ``first`` on, over and over through the batches.

        Returns
        -------
        Any
            Something of the framework's to wait for: of ``"train"`` the loss of each step.
        """


class Network(Loop, Protocol):
    """The autoencoder: dense layers, ReLU between them, binary cross-entropy of a sigmoid.

    Made from ``weights`` (list of ndarray, kernel (inputs × units) and bias of each layer) and a
    :class:`Hyperparameters`; ``HOW`` says how its steps are run.
    """

    HOW: str
    learning_rate: float

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None: ...

    def weights(self) -> list[Array]:
        """Return the weights as they were given."""

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels, without dropout."""

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy of a batch, without dropout."""

    def masks(self, samples: int) -> list[Array]:
        """Return what each dropout layer makes of ones (samples × units) while training."""


def load(backend: str) -> type[Network]:
    """Import the network of a backend's framework, and with it the framework.

    Parameters
    ----------
    backend : str
        A backend with a ``BASELINE``, such as ``"jax"``.

    Returns
    -------
    type
        Its ``Network``.
    """
    return cast(type[Network], import_module(backends.load(backend).BASELINE).Network)
