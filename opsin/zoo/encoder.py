"""Any architecture as an encoder: its layers without the head, cut where its maps get smaller."""

import math
from collections.abc import Iterable

from opsin.core import NetworkError, Shape
from opsin.nn import Cropping2D, Dense, GlobalAveragePooling2D, GlobalMaxPooling2D, Layer, UpSampling2D, ZeroPadding2D

_ENDS = (GlobalAveragePooling2D, GlobalMaxPooling2D, Dense)


def split_into_stages(layers: Iterable[Layer], input_shape: Shape) -> list[list[Layer]]:
    """The layers in groups, each of which makes maps at least a quarter smaller; what follows the maps is left out.

    >>> from opsin.zoo.resnet import resnet18
    >>> [len(level) for level in split_into_stages(resnet18((64, 64, 3), 10, None), (64, 64, 3))]
    [4, 3, 1, 1, 1]
    """
    levels: list[list[Layer]] = []
    held: list[Layer] = []  # zeros around a map belong to the layer that takes them
    shape, side = input_shape, min(input_shape[:-1])
    for layer in layers:
        if isinstance(layer, _ENDS) or str(layer.name).startswith("head"):
            break
        after = layer.output_shape(shape)
        if len(after) != 3:
            break
        shape = after
        if isinstance(layer, ZeroPadding2D):
            held.append(layer)
            continue
        smaller = min(shape[:-1]) <= 0.75 * side
        if smaller or not levels:
            levels.append([])
            side = min(shape[:-1])
        levels[-1] += [*held, layer]
        held = []
    if not levels:
        raise NetworkError("no maps come before the end of this network; expected convolutions to build on")
    return levels


def chain_output_shape(layers: Iterable[Layer], shape: Shape) -> Shape:
    """The shape that comes out of a chain."""
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape


def upsample_to(shape: Shape, wanted: Shape) -> list[Layer]:
    """The layers that bring a map of `shape` to the height and width of `wanted`: repeated, cut or padded."""
    times = tuple(max(1, math.ceil(after / before)) for before, after in zip(shape[:2], wanted[:2], strict=True))
    close = tuple(max(1, after // before) for before, after in zip(shape[:2], wanted[:2], strict=True))
    # one row of zeros more is less than half a map cut off
    factor = tuple(
        small if after - small * before <= large * before - after else large
        for small, large, before, after in zip(close, times, shape[:2], wanted[:2], strict=True)
    )
    sizes = [before * by for before, by in zip(shape[:2], factor, strict=True)]
    missing = tuple((0, max(0, after - size)) for size, after in zip(sizes, wanted[:2], strict=True))
    spare = tuple((0, max(0, size - after)) for size, after in zip(sizes, wanted[:2], strict=True))
    layers: list[Layer] = [UpSampling2D(factor)] if max(factor) > 1 else []
    if any(after for _, after in spare):
        layers.append(Cropping2D(spare))
    if any(after for _, after in missing):
        layers.append(ZeroPadding2D(missing))
    return layers
