"""An encoder and the heads that complete it to a network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from opsin.core import Layout, Shape
from opsin.nn import Dense, Layer

from .detector import detector
from .unet import unet

Encoder: TypeAlias = Callable[[Shape], list[Layer]]
"""From an input shape to layers that return feature maps."""
VectorHead: TypeAlias = Callable[[Shape, int, str | None], list[Layer]]
"""From an input shape, units and an activation to the layers after the encoder; the last one is Dense."""
Head: TypeAlias = Callable[[Sequence[Layer], Shape, int, str | None], list[Layer]]
"""From an encoder, its input shape, units and an activation to the layers of the whole network."""


@dataclass(frozen=True)
class Architecture:
    """Encoder of a network, and its heads by the layout of the output.

    Attributes:
        build_encoder: Function from an input shape to the encoder's layers.
        heads: Function of each layout that the encoder supports.
        ranks: Numbers of spatial axes that the input may have.
    """

    build_encoder: Encoder
    heads: Mapping[Layout, Head]
    ranks: tuple[int, ...] = (2,)

    def build(self, layout: Layout, input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
        """Returns the layers of the whole network.

        Args:
            layout: A key of `heads`.
            input_shape: Input shape without the batch, channels last.
            units: Outputs of the last layer.
            activation: Activation of a vector head; other heads are linear.

        Raises:
            NetworkError: The input is too small for the network.
        """
        return self.heads[layout](self.build_encoder(input_shape), input_shape, units, activation)


def vector_heads(build: VectorHead) -> dict[Layout, Head]:
    """Returns heads for the layouts "vector" (with the activation) and "embedding" (linear)."""

    def vector(encoder: Sequence[Layer], input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
        return [*encoder, *build(input_shape, units, activation)]

    def embedding(encoder: Sequence[Layer], input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
        *before, last = build(input_shape, units, None)
        assert isinstance(last, Dense)
        # zeros would give each sample the same embedding, with no direction to normalize
        return [*encoder, *before, replace(last, kernel_initializer="glorot_uniform")]

    return {"vector": vector, "embedding": embedding}


def map_head(encoder: Sequence[Layer], input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """Returns a U-Net around the encoder, without an activation at its end."""
    return unet(encoder, input_shape, units)


def grid_head(encoder: Sequence[Layer], input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """Returns a detector around the encoder, without an activation at its end."""
    return detector(encoder, input_shape, units)


DENSE_HEADS: Mapping[Layout, Head] = {"map": map_head, "grid": grid_head}


def all_heads(build: VectorHead) -> dict[Layout, Head]:
    """Returns heads for every layout."""
    return {**vector_heads(build), **DENSE_HEADS}
