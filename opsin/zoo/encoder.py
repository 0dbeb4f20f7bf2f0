"""Encoders: splitting a chain of layers into stages, and resizing the feature maps between them."""

import math
from collections.abc import Iterable

from opsin.core import NetworkError, Shape
from opsin.nn import Layer, ZeroPadding2D, ZeroPadding3D

from .spatial_layers import spatial_layers


def split_into_stages(layers: Iterable[Layer], input_shape: Shape) -> list[list[Layer]]:
    """Splits an encoder into stages, each of which shrinks an axis of the feature map by at least a quarter.

    Args:
        layers: Encoder without a head; each layer returns a feature map.
        input_shape: (height, width, channels) or (depth, height, width, channels).

    Returns:
        The stages, from the largest feature map to the smallest. Padding belongs to the layer that follows it.

    Raises:
        NetworkError: The layers do not fit the input, or a layer returns no feature map.

    Examples:
        >>> from opsin.nn import Conv2D, MaxPooling2D
        >>> encoder = [Conv2D(8, 3, 2), Conv2D(8, 3, padding="same"), MaxPooling2D(2)]
        >>> [len(stage) for stage in split_into_stages(encoder, (64, 64, 3))]
        [2, 1]
    """
    stages: list[list[Layer]] = []
    padding: list[Layer] = []
    shape, sides = input_shape, input_shape[:-1]
    for layer in layers:
        shape = layer.output_shape(shape)
        if len(shape) != len(input_shape):
            raise NetworkError(f"layer {layer} returns shape {shape}. Expected a feature map from each encoder layer.")
        if isinstance(layer, ZeroPadding2D | ZeroPadding3D):
            padding.append(layer)
            continue
        if not stages or any(now <= 0.75 * before for now, before in zip(shape[:-1], sides, strict=True)):
            stages.append([])
            sides = shape[:-1]
        stages[-1] += [*padding, layer]
        padding = []
    if not stages:
        raise NetworkError("the encoder has no layers. Expected convolutions.")
    return stages


def chain_output_shape(layers: Iterable[Layer], shape: Shape) -> Shape:
    """Returns the output shape of a chain of layers.

    Args:
        layers: Layers in the order of their calls.
        shape: Input shape without the batch, channels last.

    Raises:
        NetworkError: A layer does not fit its input.
    """
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape


def upsample_to(shape: Shape, target: Shape) -> list[Layer]:
    """Returns the layers that resize a feature map by repetition, then by cropping or padding at the end of each axis.

    Args:
        shape: Shape of the feature map: (height, width, channels) or (depth, height, width, channels).
        target: Shape with the wanted spatial sizes, none smaller than in `shape`; its channels are not read.

    Raises:
        NetworkError: `shape` is neither an image nor a volume.
    """
    kinds = spatial_layers(shape)
    sides = list(zip(shape[:-1], target[:-1], strict=True))
    factors = tuple(_factor(before, after) for before, after in sides)
    missing = [after - before * factor for (before, after), factor in zip(sides, factors, strict=True)]
    layers: list[Layer] = [kinds.up_sampling(factors)] if max(factors) > 1 else []
    if min(missing) < 0:
        layers.append(kinds.cropping(tuple((0, max(0, -count)) for count in missing)))
    if max(missing) > 0:
        layers.append(kinds.zero_padding(tuple((0, max(0, count)) for count in missing)))
    return layers


def _factor(before: int, after: int) -> int:
    """Returns the integer factor whose result needs the fewest rows of padding or cropping."""
    small, large = max(1, after // before), max(1, math.ceil(after / before))
    return small if after - small * before <= large * before - after else large
