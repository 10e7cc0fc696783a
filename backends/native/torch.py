"""Compute the network in PyTorch: eager modules, one fused optimiser call for all weights."""

from typing import Any

import numpy as np
import torch
from torch import nn

from aebench.backends.native import Array, Hyperparameters, Network


class TorchNetwork:
    """Implement :class:`aebench.backends.native.Network`."""

    HOW = "eager modules, foreach SGD"

    def __init__(self, weights: list[Array], hyperparameters: Hyperparameters) -> None:
        torch.manual_seed(hyperparameters.seed)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        kernels, biases = weights[::2], weights[1::2]
        self._dense = [nn.Linear(*kernel.shape) for kernel in kernels]
        layers: list[nn.Module] = []
        self._dropout: list[tuple[int, nn.Module]] = []
        for position, dense in enumerate(self._dense):
            layers.append(dense)
            if position < len(kernels) - 1:
                layers.append(nn.ReLU())
            if position in hyperparameters.dropout_layers:
                self._dropout.append((dense.out_features, nn.Dropout(hyperparameters.dropout)))
                layers.append(self._dropout[-1][1])
        with torch.no_grad():
            for dense, kernel, bias in zip(self._dense, kernels, biases, strict=True):
                dense.weight.copy_(torch.from_numpy(kernel.T.copy()))
                dense.bias.copy_(torch.from_numpy(bias.copy()))
        self._model = nn.Sequential(*layers).to(self._device)
        self._loss = nn.BCEWithLogitsLoss()
        self._optimizer = torch.optim.SGD(
            self._model.parameters(), lr=hyperparameters.learning_rate, foreach=True
        )

    @property
    def learning_rate(self) -> float:
        """Return the optimiser's learning rate."""
        return float(self._optimizer.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._optimizer.param_groups[0]["lr"] = value

    def weights(self) -> list[Array]:
        """Return the current weights, in the order in which the constructor got them."""
        return [
            each
            for dense in self._dense
            for each in (
                dense.weight.detach().cpu().numpy().T.copy(),
                dense.bias.detach().cpu().numpy().copy(),
            )
        ]

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels, without dropout."""
        return np.asarray(torch.sigmoid(self._logits(images)).cpu())

    def loss(self, images: Array) -> float:
        """Return the mean binary cross-entropy of a batch, without dropout."""
        return float(self._loss(self._logits(images), self._put(images)))

    def masks(self, samples: int) -> list[Array]:
        """Return each dropout layer's output for ones (samples × units) as input in training."""
        self._model.train()
        return [layer(torch.ones(samples, units)).numpy() for units, layer in self._dropout]

    def load(self, images: Array, batch_size: int) -> Any:
        """Copy images (samples × pixels, whole batches) to the device, split into batches."""
        return self._put(images).split(batch_size)

    def prepare(self, workload: str, batches: Any, steps: int) -> None:
        """Do nothing: eager operations need no compilation."""

    def run(self, workload: str, batches: Any, first: int, steps: int) -> Any:
        """Run ``steps`` steps from batch ``first`` on; after the last batch comes batch 0 again."""
        indices = (index % len(batches) for index in range(first, first + steps))
        if workload == "predict":
            self._model.eval()
            with torch.inference_mode():
                return [torch.sigmoid(self._model(batches[index])) for index in indices]
        self._model.train()
        return [self._step(batches[index]) for index in indices]

    def _step(self, images: Any) -> Any:
        self._optimizer.zero_grad()
        loss = self._loss(self._model(images), images)
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _put(self, images: Array) -> Any:
        return torch.from_numpy(np.ascontiguousarray(images)).to(self._device)

    def _logits(self, images: Array) -> Any:
        self._model.eval()
        with torch.inference_mode():
            return self._model(self._put(images))


NETWORK: type[Network] = TorchNetwork
