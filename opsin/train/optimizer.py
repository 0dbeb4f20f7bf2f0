"""Muon for kernels that feed a normalization, AdamW for all other weights.

A convolution without bias is followed by a normalization, so only the direction of its kernels matters: Muon (Jordan
et al. 2024, https://kellerjordan.github.io/posts/muon) steps in the orthogonalized momentum and keeps each kernel's
norm fixed, which makes the learning rate the relative change a step for every layer alike.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from opsin.core import ModelFileError

MOMENTUM = 0.8
BETAS = (0.9, 0.95)
EPSILON = 1e-8


def orthogonalize(matrix: Tensor, steps: int = 3) -> Tensor:
    """A matrix with the singular vectors of `matrix` and singular values near 1 (quintic Newton-Schulz).

    >>> values = torch.linalg.svdvals(orthogonalize(torch.randn(8, 32)))
    >>> bool((values > 0.2).all() and (values < 1.4).all())
    True
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    result = (wide / (wide.norm() + 1e-7)).bfloat16()
    for _ in range(steps):
        square = result @ result.T
        result = 3.4445 * result + (-4.7750 * square + 2.0315 * square @ square) @ result
    return (result if wide is matrix else result.T).to(matrix.dtype)


class Optimizer:
    """Steps all trainable weights of a network; its state is a flat dictionary of tensors that a checkpoint keeps."""

    def __init__(self, network: nn.Module, learning_rate: float, dense_rate: float, weight_decay: float) -> None:
        self.learning_rate, self.dense_rate, self.weight_decay = learning_rate, dense_rate, weight_decay
        free = normalized_kernels(network)
        trainable = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
        self.kernels = {name: weight for name, weight in trainable.items() if name in free}
        self.others = {name: weight for name, weight in trainable.items() if name not in free}
        self.momentum = {name: torch.zeros_like(weight) for name, weight in self.kernels.items()}
        self.first = {name: torch.zeros_like(weight) for name, weight in self.others.items()}
        self.second = {name: torch.zeros_like(weight) for name, weight in self.others.items()}
        self.count = 0

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One step with both learning rates multiplied by `factor`; the gradients are used up."""
        self.count += 1
        for name, weight in self.kernels.items():
            if weight.grad is not None:
                self._muon(weight, weight.grad, self.momentum[name], self.learning_rate * factor)
        for name, weight in self.others.items():
            if weight.grad is not None:
                self._adamw(name, weight, weight.grad, self.dense_rate * factor)
        for weight in (*self.kernels.values(), *self.others.values()):
            weight.grad = None

    def _muon(self, weight: Tensor, gradient: Tensor, momentum: Tensor, rate: float) -> None:
        momentum.mul_(MOMENTUM).add_(gradient)
        update = gradient.add(momentum, alpha=MOMENTUM)
        rows = weight.shape[0]
        direction = orthogonalize(update.reshape(rows, -1)).reshape(weight.shape)
        weight.mul_(math.sqrt(rows) / (weight.norm() + 1e-12)).add_(direction, alpha=-rate)

    def _adamw(self, name: str, weight: Tensor, gradient: Tensor, rate: float) -> None:
        first, second = self.first[name], self.second[name]
        first.lerp_(gradient, 1 - BETAS[0])
        second.lerp_(gradient.square(), 1 - BETAS[1])
        if weight.ndim > 1:
            weight.mul_(1 - rate * self.weight_decay)
        unbiased = second.div(1 - BETAS[1] ** self.count).sqrt_().add_(EPSILON)
        weight.addcdiv_(first, unbiased, value=-rate / (1 - BETAS[0] ** self.count))

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for kind, tensors in (("momentum", self.momentum), ("first", self.first), ("second", self.second)):
            for name, tensor in tensors.items():
                yield f"{kind}/{name}", tensor

    def state(self) -> dict[str, Tensor]:
        """Every tensor that the next step depends on, by name."""
        return dict(self._tensors()) | {"count": torch.tensor(self.count)}

    def load(self, state: dict[str, Tensor]) -> None:
        """Takes over what `state` gave; raises ModelFileError when names or shapes differ."""
        for name, tensor in self._tensors():
            if name not in state or state[name].shape != tensor.shape:
                raise ModelFileError(f"the checkpoint has no optimizer state {name!r} of shape {tuple(tensor.shape)}")
            tensor.copy_(state[name])
        self.count = int(state["count"])


def normalized_kernels(network: nn.Module) -> set[str]:
    """Names of the convolution kernels without bias: a normalization follows, so their length does not matter."""
    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    return {
        f"{name}.weight" if name else "weight"
        for name, module in network.named_modules()
        if isinstance(module, convolutions) and module.bias is None and module.groups == 1
    }
