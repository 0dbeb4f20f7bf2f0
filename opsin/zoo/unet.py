"""U-Net (Ronneberger et al., arXiv:1505.04597): an encoder, and beside each of its maps the way back up.

Written with `Skip`, so an encoder can be any network of the zoo. Nothing is computed at full size but the first and the
last convolution, which step by 2: on processors the time goes into large maps.
"""

from collections.abc import Sequence

from opsin.core import Shape
from opsin.nn import (
    Activation,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Layer,
    MaxPooling2D,
    Residual,
    Skip,
    Stage,
)

from .encoder import chain_output_shape, upsample_to

SMALL_WIDTHS = (32, 64, 128, 192, 256)
MOST_FILTERS, LEAST_FILTERS = 128, 24


def small_levels(input_shape: Shape) -> list[list[Layer]]:
    """The encoder of `unet_small` and `detector_small`: maps of a half, a quarter, ... of the image."""
    first: list[Layer] = [Conv2D(SMALL_WIDTHS[0], 4, 2, "same", use_bias=False, kernel_initializer="he_normal")]
    levels = [[*first, _normalization(), Activation("relu")]]
    side = min(input_shape[:-1]) // 2
    for width in SMALL_WIDTHS[1:]:
        if side < 4:
            break
        levels.append([MaxPooling2D(2, padding="same"), *convolved(width), Residual(convolved(width))])
        side //= 2
    return levels


def unet(levels: Sequence[Sequence[Layer]], input_shape: Shape, units: int) -> list[Layer]:
    """A network from images to (height, width, units), around an encoder's levels."""
    whole = input_shape[:2]
    first = list(levels[0])
    shape = chain_output_shape(first, input_shape)
    body = [Stage(first, name="level1"), *_nested(levels, 1, shape)]
    shape = chain_output_shape(body, input_shape)
    times = max(1, min(-(-side // inner) for side, inner in zip(whole, shape[:2], strict=True)))
    last: list[Layer] = [Conv2D(units, 1)]
    if times > 1:
        last = [Conv2DTranspose(units, 2 * times, times, "same")]
    shape = chain_output_shape(last, shape)
    last += upsample_to(shape, (*whole, units)) if shape[0] < whole[0] or shape[1] < whole[1] else []
    spare = tuple((0, max(0, inner - side)) for side, inner in zip(whole, shape[:2], strict=True))
    return [*body, *last, *([Cropping2D(spare)] if any(after for _, after in spare) else [])]


def _nested(levels: Sequence[Sequence[Layer]], number: int, shape: Shape) -> list[Layer]:
    """What is done with a map of one level: the smaller levels beside it, and both joined."""
    if number == len(levels):
        return []
    inner = list(levels[number])
    below = chain_output_shape(inner, shape)
    deeper = [Stage(inner, name=f"level{number + 1}"), *_nested(levels, number + 1, below)]
    filters = max(LEAST_FILTERS, min(MOST_FILTERS, shape[-1]))
    deeper += [Conv2D(filters, 1, use_bias=False, kernel_initializer="he_normal"), _normalization()]
    deeper += upsample_to(chain_output_shape(deeper, shape), shape)
    return [Skip(deeper, name=f"skip{number}"), Stage(convolved(filters), name=f"join{number}")]


def convolved(filters: int) -> list[Layer]:
    """A convolution without bias, normalized, and a rectifier."""
    convolution = Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")
    return [convolution, _normalization(), Activation("relu")]


def _normalization() -> BatchNormalization:
    return BatchNormalization(momentum=0.9, epsilon=1e-5)
