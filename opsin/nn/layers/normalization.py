"""Normalization layers: batch, layer and group normalization, and layer scale."""

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, numel, shape_text
from ..validation import as_bool, as_float, as_int

_BATCH: dict[int, Any] = {
    1: torch.nn.BatchNorm1d,
    2: torch.nn.BatchNorm1d,
    3: torch.nn.BatchNorm2d,
    4: torch.nn.BatchNorm3d,
}


class LayerNormModule(torch.nn.LayerNorm):
    """torch's LayerNorm over the channels, on axis 1."""

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim == 2:
            return super().forward(input)
        last = input.movedim(1, -1)
        return F.layer_norm(last, self.normalized_shape, self.weight, self.bias, self.eps).movedim(-1, 1)


class GroupNormModule(torch.nn.GroupNorm):
    """torch's GroupNorm, with support for an offset without a scale."""

    def forward(self, input: Tensor) -> Tensor:
        alone = cast("Tensor | None", self.weight) is None
        y = F.group_norm(input, self.num_groups, self.weight, None if alone else self.bias, self.eps)
        bias = cast("Tensor | None", self.bias)
        return y + bias.view(-1, *(1,) * (y.ndim - 2)) if alone and bias is not None else y


class Normalization(Layer):
    """Base class of normalization layers with trainable offset and scale per channel.

    Args:
        epsilon: Added to the variance, to avoid division by zero.
        center: Add a trainable offset per channel.
        scale: Multiply by a trainable factor per channel.
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    epsilon: float
    center: bool
    scale: bool

    def __post_init__(self) -> None:
        as_float(self, "epsilon", 0, 1)
        as_bool(self, "center")
        as_bool(self, "scale")

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in _BATCH:
            got = shape_text(input_shape)
            raise self.fail(f"got an input of {got}. Expected at most 3 spatial axes. Fix: add a Reshape before it.")
        return input_shape

    def trainable_parameters(self, input_shape: Shape) -> int:
        return (self.center + self.scale) * input_shape[-1]

    def without_unused_parameters(self, module: torch.nn.Module) -> torch.nn.Module:
        """Removes the offset or scale that the layer does not have.

        Args:
            module: The torch module, changed in place.

        Returns:
            The module.
        """
        if not self.scale:
            module.register_parameter("weight", None)
        if not self.center:
            module.register_parameter("bias", None)
        return module


@dataclass(frozen=True, repr=False)
class BatchNormalization(Normalization):
    """Normalizes each channel to mean 0 and variance 1 over the batch and all positions.

    In evaluation mode it uses the moving averages (Ioffe and Szegedy, arXiv:1502.03167).

    Args:
        momentum: Fraction of the moving averages that is kept in each step, as in Keras; torch's momentum is 1 - this.
        epsilon: Added to the variance, to avoid division by zero.
        center: Add a trainable offset per channel.
        scale: Multiply by a trainable factor per channel.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> BatchNormalization().fixed_parameters((8, 8, 64))
        128
    """

    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    def __post_init__(self) -> None:
        as_float(self, "momentum", 0, 1)
        super().__post_init__()

    def build(self, input_shape: Shape) -> torch.nn.Module:
        kind = _BATCH[len(self.output_shape(input_shape))]
        return self.without_unused_parameters(kind(input_shape[-1], eps=self.epsilon, momentum=1 - self.momentum))

    def fixed_parameters(self, input_shape: Shape) -> int:
        return 2 * input_shape[-1]


@dataclass(frozen=True, repr=False)
class LayerNormalization(Normalization):
    """Normalizes the channels of each position to mean 0 and variance 1 (Ba et al., arXiv:1607.06450).

    Args:
        epsilon: Added to the variance, to avoid division by zero.
        center: Add a trainable offset per channel.
        scale: Multiply by a trainable factor per channel.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> LayerNormalization().trainable_parameters((8, 8, 64))
        128
    """

    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    def build(self, input_shape: Shape) -> torch.nn.Module:
        channels = self.output_shape(input_shape)[-1]
        return self.without_unused_parameters(LayerNormModule(channels, eps=self.epsilon))


@dataclass(frozen=True, repr=False)
class GroupNormalization(Normalization):
    """Normalizes groups of channels to mean 0 and variance 1 over all positions (arXiv:1803.08494).

    Args:
        groups: Number of groups; it divides the number of channels.
        epsilon: Added to the variance, to avoid division by zero.
        center: Add a trainable offset per channel.
        scale: Multiply by a trainable factor per channel.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GroupNormalization(8).output_shape((8, 8, 64))
        (8, 8, 64)
    """

    groups: int = 32
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    def __post_init__(self) -> None:
        as_int(self, "groups")
        super().__post_init__()

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape[-1] % self.groups:
            raise self.fail(
                f"cannot divide the {input_shape[-1]} channels of {shape_text(input_shape)} into {self.groups} groups. "
                "Expected a divisor of the channels."
            )
        return super().output_shape(input_shape)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        channels = self.output_shape(input_shape)[-1]
        return self.without_unused_parameters(GroupNormModule(self.groups, channels, eps=self.epsilon))


class ScaleModule(torch.nn.Module):
    """Multiplies each channel by a trainable factor."""

    def __init__(self, channels: int, initial: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((channels,), initial))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight.view(-1, *(1,) * (x.ndim - 2))


@dataclass(frozen=True, repr=False)
class LayerScale(Layer):
    """Multiplies each channel by a trainable factor (Touvron et al., arXiv:2103.17239).

    With a small initial factor a deep residual network starts as a nearly shallow one.

    Args:
        initial: Initial factor.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> LayerScale().trainable_parameters((8, 8, 64))
        64
    """

    initial: float = 1e-6

    def __post_init__(self) -> None:
        as_float(self, "initial", 0, 1)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return ScaleModule(input_shape[-1], self.initial)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return numel(input_shape[-1:])
