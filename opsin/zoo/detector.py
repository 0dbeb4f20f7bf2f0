"""A one-stage detector without anchors: a feature pyramid (Lin et al., arXiv:1612.03144) merged into one map.

Larger maps get what smaller ones know, level by level; from the largest of them, a quarter of the image, each cell says
what has its middle there and how far its sides are (CenterNet, Zhou et al., arXiv:1904.07850).
"""

from collections.abc import Sequence

from opsin.core import NetworkError, Shape
from opsin.nn import BatchNormalization, Conv2D, Layer, Parallel, Stage

from .encoder import chain_output_shape, upsample_to
from .unet import convolved

FILTERS = 64
STRIDE = 4


def detector(levels: Sequence[Sequence[Layer]], input_shape: Shape, units: int) -> list[Layer]:
    """A network from images to (height / 4, width / 4, units), rounded up, around an encoder's levels."""
    grid = tuple(-(-side // STRIDE) for side in input_shape[:2])
    shape, body, number = input_shape, list[Layer](), 0
    while number < len(levels) and (not number or min(shape[:2]) > 1.5 * min(grid)):
        body.append(Stage(list(levels[number]), name=f"level{number + 1}"))
        shape = body[-1].output_shape(shape)
        number += 1
    if min(shape[:2]) < 2:
        raise NetworkError(f"images of {input_shape[0]}x{input_shape[1]} are too small for a detector; enlarge them")
    body += _merged(levels, number, shape)
    body += upsample_to(chain_output_shape(body, input_shape), (*grid, FILTERS))
    head = Stage([*convolved(FILTERS), *convolved(FILTERS)], name="sight")
    return [*body, head, Conv2D(units, 1, kernel_initializer="zeros", name="answer")]


def _merged(levels: Sequence[Sequence[Layer]], number: int, shape: Shape) -> list[Layer]:
    """A map of one level, and the smaller levels added to it."""
    beside: list[Layer] = [
        Conv2D(FILTERS, 1, use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.9, epsilon=1e-5),
    ]
    if number == len(levels):
        return beside
    inner = list(levels[number])
    below = chain_output_shape(inner, shape)
    deeper = [Stage(inner, name=f"level{number + 1}"), *_merged(levels, number + 1, below)]
    deeper += upsample_to(chain_output_shape(deeper, shape), shape)
    return [Parallel([beside, deeper], merge="add", name=f"merge{number}")]
