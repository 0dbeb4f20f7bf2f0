"""Normalisation."""

from dataclasses import dataclass

import torch

from opsin.core import Shape

from .arguments import settle_number
from .layer import Layer

_MODULES = {1: torch.nn.BatchNorm1d, 2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm2d, 4: torch.nn.BatchNorm3d}


@dataclass(frozen=True, repr=False)
class BatchNormalization(Layer):
    """Each channel to mean 0 and variance 1 over the batch, then learned scale and offset; moving averages on predict.

    `momentum` is the share of the old moving average that a step keeps (Keras's meaning; torch's is one minus it).

    >>> BatchNormalization().fixed_parameters((8, 8, 64))
    128
    """

    momentum: float = 0.99
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        settle_number(self, "momentum", 0, 1)
        settle_number(self, "epsilon", 0, 1)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in _MODULES:
            raise self.fail(f"takes inputs with up to 3 spatial axes and channels, got {input_shape}")
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        kind = _MODULES[len(self.output_shape(input_shape))]
        return kind(input_shape[-1], eps=self.epsilon, momentum=1 - self.momentum)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return 2 * input_shape[-1]

    def fixed_parameters(self, input_shape: Shape) -> int:
        return 2 * input_shape[-1]
