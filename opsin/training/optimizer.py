"""Muon for kernels that feed a normalization, AdamW for all other weights.

A convolution without bias is followed by a normalization, so only the direction of its kernel matters. Muon (Jordan
et al. 2024, https://kellerjordan.github.io/posts/muon) steps along the orthogonalized momentum and keeps the norm of
each kernel fixed, so the learning rate is the relative change per step in every layer.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from opsin.core import ModelFileError

MOMENTUM = 0.8
BETAS = (0.9, 0.95)
EPSILON = 1e-8


def orthogonalize(matrix: Tensor, steps: int = 3) -> Tensor:
    """Orthogonalizes a matrix: same singular vectors, singular values near 1 (quintic Newton-Schulz iteration).

    The iteration runs on the small square X X^T, and X is multiplied once at the end. The result is the same, at half
    the cost for 3x3 kernels, which have nine times as many columns as rows.

    Args:
        matrix: (rows, columns).
        steps: Number of iterations, in bfloat16.

    Returns:
        (rows, columns) in the type of `matrix`.

    Examples:
        >>> values = torch.linalg.svdvals(orthogonalize(torch.randn(8, 32)))
        >>> bool((values > 0.2).all() and (values < 1.4).all())
        True
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    start = wide.bfloat16()
    square = start @ start.T
    scale = 1 / (square.diagonal().sum(dtype=torch.float32).sqrt() + 1e-7)  # Frobenius norm 1
    square = (square * scale.square()).bfloat16()
    product = factor = _quintic(square)
    for _ in range(steps - 1):
        square = factor @ square @ factor
        factor = _quintic(square)
        product = factor @ product
    result = (product * scale).bfloat16() @ start
    return (result if wide is matrix else result.T).to(matrix.dtype)


def _quintic(square: Tensor) -> Tensor:
    result = torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315)
    result.diagonal().add_(3.4445)
    return result


class Optimizer:
    """Muon and AdamW over all trainable weights of a network; its state is a flat dictionary of tensors.

    Args:
        network: The network.
        muon_lr: Learning rate of kernels that a normalization follows.
        adamw_lr: Learning rate of all other weights.
        weight_decay: Weight decay of AdamW on weight matrices.
        loss_weights: Weights of the loss, trained by AdamW too.
    """

    def __init__(
        self,
        network: nn.Module,
        muon_lr: float,
        adamw_lr: float,
        weight_decay: float,
        loss_weights: nn.Module | None = None,
    ) -> None:
        self.muon_lr, self.adamw_lr = muon_lr, adamw_lr
        free = normalized_kernels(network)
        trainable = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
        if loss_weights is not None:
            trainable |= {f"loss/{name}": weight for name, weight in loss_weights.named_parameters()}
        self.kernels = {name: weight for name, weight in trainable.items() if name in free}
        self.others = {name: weight for name, weight in trainable.items() if name not in free}
        self.momentum = {name: torch.zeros_like(weight) for name, weight in self.kernels.items()}
        self.first = {name: torch.zeros_like(weight) for name, weight in self.others.items()}
        self.second = {name: torch.zeros_like(weight) for name, weight in self.others.items()}
        self.steps = {name: torch.zeros((), device=weight.device) for name, weight in self.others.items()}
        matrices = [name for name, weight in self.others.items() if weight.ndim > 1 and name.endswith("weight")]
        self.decayed = ((matrices, weight_decay), ([name for name in self.others if name not in matrices], 0.0))
        self.count = 0

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """Updates all weights, with both learning rates multiplied by `factor`, and clears the gradients."""
        self.count += 1
        for name, weight in self.kernels.items():
            if weight.grad is not None:
                self._muon(weight, weight.grad, self.momentum[name], self.muon_lr * factor)
        for names, decay in self.decayed:
            self._adamw(names, self.adamw_lr * factor, decay)
        for weight in (*self.kernels.values(), *self.others.values()):
            weight.grad = None

    def _muon(self, weight: Tensor, gradient: Tensor, momentum: Tensor, rate: float) -> None:
        torch.add(gradient, momentum, alpha=MOMENTUM, out=momentum)
        order = _as_stored(weight)
        update = gradient.add(momentum, alpha=MOMENTUM).permute(order)
        direction = orthogonalize(update.flatten(1)).view(update.shape)
        direction = direction.permute([order.index(axis) for axis in range(weight.ndim)])
        shrinking = math.sqrt(weight.shape[0]) / (weight.norm() + 1e-12)
        torch.addcmul(direction.mul_(-rate), weight, shrinking, out=weight)

    def _adamw(self, names: list[str], rate: float, decay: float) -> None:
        pairs = [(name, grad) for name in names if (grad := self.others[name].grad) is not None]
        if not pairs:
            return
        kept = [[values[name] for name, _ in pairs] for values in (self.others, self.first, self.second, self.steps)]
        weights, first, second, steps = kept
        for counted in steps:
            counted.fill_(self.count - 1)
        adamw(
            weights, [grad for _, grad in pairs], first, second, [], steps,
            fused=True, amsgrad=False, beta1=BETAS[0], beta2=BETAS[1], lr=rate, weight_decay=decay, eps=EPSILON,
            maximize=False,
        )  # fmt: skip

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for kind, tensors in (("momentum", self.momentum), ("first", self.first), ("second", self.second)):
            for name, tensor in tensors.items():
                yield f"{kind}/{name}", tensor

    def state(self) -> dict[str, Tensor]:
        """Returns all tensors that the next step depends on, by name."""
        return dict(self._tensors()) | {"count": torch.tensor(self.count)}

    def load(self, state: dict[str, Tensor]) -> None:
        """Restores the result of `state`.

        Raises:
            ModelFileError: A tensor is missing or has another shape.
        """
        for name, tensor in self._tensors():
            if name not in state or state[name].shape != tensor.shape:
                raise ModelFileError(
                    f"checkpoint has no optimizer state {name!r} of shape {tuple(tensor.shape)}. "
                    "Expected a checkpoint of this network. Fix: train again without --resume."
                )
            tensor.copy_(state[name])
        self.count = int(state["count"])


def _as_stored(weight: Tensor) -> list[int]:
    """Returns the axes in memory order, axis 0 first: a tensor permuted in this order flattens without a copy."""
    return [0, *sorted(range(1, weight.ndim), key=weight.stride, reverse=True)]


def normalized_kernels(network: nn.Module) -> set[str]:
    """Returns the names of convolution kernels without bias; a normalization follows, so their norm has no effect."""
    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    return {
        f"{name}.weight" if name else "weight"
        for name, module in network.named_modules()
        if isinstance(module, convolutions) and module.bias is None and module.groups == 1
    }
