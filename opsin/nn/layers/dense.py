"""Fully connected layer."""

from dataclasses import dataclass

import torch
from torch import Tensor

from opsin.core import Shape

from ..initializers import check_initializer, initialize
from ..layer import Layer, numel
from ..validation import as_bool, as_int
from .activations import check_activation, function


class DenseModule(torch.nn.Linear):
    """torch's Linear over the channels, on axis 1, followed by the activation."""

    activation: str | None = None

    def reset_parameters(self) -> None:
        """Does nothing: `Dense.build` initializes the weights."""

    def forward(self, input: Tensor) -> Tensor:
        last = input if input.ndim == 2 else input.movedim(1, -1)
        x = super().forward(last)
        return function(self.activation, in_place=True)(x if input.ndim == 2 else x.movedim(-1, 1))

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", activation={self.activation}" if self.activation else "")


@dataclass(frozen=True, repr=False)
class Dense(Layer):
    """Fully connected layer over the channels, applied to each position if there are spatial axes.

    Args:
        units: Number of outputs.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output.
        kernel_initializer: Initial distribution of the weights, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Dense(10).trainable_parameters((128,))
        1290
    """

    units: int
    activation: str | None = None
    use_bias: bool = True
    kernel_initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        as_int(self, "units")
        check_activation(self)
        as_bool(self, "use_bias")
        check_initializer(self)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        module = DenseModule(input_shape[-1], self.units, self.use_bias)
        module.activation = self.activation
        initialize(module.weight, self.kernel_initializer)
        if self.use_bias:
            torch.nn.init.zeros_(module.bias)
        return module

    def multiply_adds(self, input_shape: Shape) -> int:
        return numel(input_shape) * self.units

    def trainable_parameters(self, input_shape: Shape) -> int:
        return (input_shape[-1] + self.use_bias) * self.units
