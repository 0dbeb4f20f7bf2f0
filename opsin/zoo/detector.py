"""A one-stage, anchor-free detector on a feature pyramid merged into one feature map (Lin et al., arXiv:1612.03144).

Each level of the pyramid is upsampled and added to the next larger one. The largest has a quarter of the input's size;
each of its cells predicts the object centered in it (CenterNet, Zhou et al., arXiv:1904.07850).
"""

from collections.abc import Sequence

from opsin.core import NetworkError, Shape
from opsin.nn import Layer, Parallel, Stage

from .encoder import chain_output_shape, split_into_stages, upsample_to
from .spatial_layers import spatial_layers
from .unet import batch_norm, conv_block

FILTERS = 64
STRIDE = 4


def detector(encoder: Sequence[Layer], input_shape: Shape, units: int) -> list[Layer]:
    """Returns the layers of a detector with one output vector a grid cell of 4x4 pixels.

    Args:
        encoder: Layers that return feature maps.
        input_shape: (height, width, channels).
        units: Channels of the output.

    Returns:
        Layers from `input_shape` to (height / 4, width / 4, units), rounded up.

    Raises:
        NetworkError: The input is too small.
    """
    grid = tuple(-(-side // STRIDE) for side in input_shape[:-1])
    stages = split_into_stages(encoder, input_shape)
    shape, body, number = input_shape, list[Layer](), 0
    while number < len(stages) and (not number or min(shape[:-1]) > 1.5 * min(grid)):
        body.append(Stage(stages[number], name=f"level{number + 1}"))
        shape = body[-1].output_shape(shape)
        number += 1
    if min(shape[:-1]) < 2:
        size = "x".join(map(str, input_shape[:-1]))
        raise NetworkError(f"images of {size} are too small for a detector. Expected larger ones.")
    body += _pyramid(stages, number, shape)
    body += upsample_to(chain_output_shape(body, input_shape), (*grid, FILTERS))
    head = Stage([*conv_block(FILTERS, shape), *conv_block(FILTERS, shape)], name="head")
    return [*body, head, spatial_layers(shape).conv(units, 1, kernel_initializer="zeros", name="output")]


def _pyramid(stages: Sequence[list[Layer]], number: int, shape: Shape) -> list[Layer]:
    """Returns the lateral convolution of one level, with the deeper levels upsampled and added to it."""
    lateral: list[Layer] = [
        spatial_layers(shape).conv(FILTERS, 1, use_bias=False, kernel_initializer="he_normal"),
        batch_norm(),
    ]
    if number == len(stages):
        return lateral
    inner = stages[number]
    below = chain_output_shape(inner, shape)
    deeper = [Stage(inner, name=f"level{number + 1}"), *_pyramid(stages, number + 1, below)]
    deeper += upsample_to(chain_output_shape(deeper, shape), shape)
    return [Parallel([lateral, deeper], merge="add", name=f"fpn{number}")]
