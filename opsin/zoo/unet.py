"""U-Net (Ronneberger et al., arXiv:1505.04597) for images and volumes, around any encoder.

The skip connections are `Skip` layers, so the graph stays data. Only the first and the last convolution, both with
stride 2, work at full size: on processors most of the time goes into large feature maps.
"""

from collections.abc import Sequence

from opsin.core import Shape
from opsin.nn import Activation, BatchNormalization, Layer, Residual, Skip, Stage

from .encoder import chain_output_shape, split_into_stages, upsample_to
from .spatial_layers import spatial_layers

SMALL_WIDTHS = (32, 64, 128, 192, 256)
MAX_FILTERS, MIN_FILTERS = 128, 24


def small_encoder(input_shape: Shape) -> list[Layer]:
    """Returns the encoder of `unet_small` and `detector_small`: feature maps of 1/2, 1/4, ... of the input.

    Args:
        input_shape: (height, width, channels) or (depth, height, width, channels).
    """
    kinds = spatial_layers(input_shape)
    layers: list[Layer] = [
        kinds.conv(SMALL_WIDTHS[0], 4, 2, "same", use_bias=False, kernel_initializer="he_normal"),
        batch_norm(),
        Activation("relu"),
    ]
    side = min(input_shape[:-1]) // 2
    for width in SMALL_WIDTHS[1:]:
        if side < 4:
            break
        layers += [
            kinds.max_pooling(2, padding="same"),
            *conv_block(width, input_shape),
            Residual(conv_block(width, input_shape)),
        ]
        side //= 2
    return layers


def unet(encoder: Sequence[Layer], input_shape: Shape, units: int, least_filters: int = MIN_FILTERS) -> list[Layer]:
    """Returns the layers of a U-Net with one output vector a pixel or voxel.

    Args:
        encoder: Layers that return feature maps.
        input_shape: (height, width, channels) or (depth, height, width, channels).
        units: Channels of the output.
        least_filters: Fewest filters of a decoder stage.

    Returns:
        Layers from `input_shape` to (height, width, units) or (depth, height, width, units).

    Raises:
        NetworkError: The input is too small for the encoder.
    """
    kinds = spatial_layers(input_shape)
    full = input_shape[:-1]
    stages = split_into_stages(encoder, input_shape)
    shape = chain_output_shape(stages[0], input_shape)
    body = [Stage(stages[0], name="level1"), *_decoded(stages, 1, shape, least_filters)]
    shape = chain_output_shape(body, input_shape)
    stride = max(1, min(-(-side // inner) for side, inner in zip(full, shape[:-1], strict=True)))
    last: list[Layer] = [kinds.conv(units, 1)]
    if stride > 1:
        last = [kinds.conv_transpose(units, 2 * stride, stride, "same")]
    shape = chain_output_shape(last, shape)
    if any(inner < side for inner, side in zip(shape[:-1], full, strict=True)):
        last += upsample_to(shape, (*full, units))
    surplus = tuple((0, max(0, inner - side)) for side, inner in zip(full, shape[:-1], strict=True))
    return [*body, *last, *([kinds.cropping(surplus)] if any(after for _, after in surplus) else [])]


def _decoded(stages: Sequence[list[Layer]], number: int, shape: Shape, least_filters: int) -> list[Layer]:
    """Returns the deeper stages behind a skip connection, and the decoder stage that follows the concatenation."""
    if number == len(stages):
        return []
    inner = stages[number]
    below = chain_output_shape(inner, shape)
    deeper = [Stage(inner, name=f"level{number + 1}"), *_decoded(stages, number + 1, below, least_filters)]
    filters = max(least_filters, min(MAX_FILTERS, shape[-1]))
    pointwise = spatial_layers(shape).conv(filters, 1, use_bias=False, kernel_initializer="he_normal")
    deeper += [pointwise, batch_norm()]
    deeper += upsample_to(chain_output_shape(deeper, shape), shape)
    return [Skip(deeper, name=f"skip{number}"), Stage(conv_block(filters, shape), name=f"decoder{number}")]


def conv_block(filters: int, shape: Shape) -> list[Layer]:
    """Returns a convolution of size 3 without bias, batch normalization and ReLU.

    Args:
        filters: Channels of the output.
        shape: Shape of an input, of which only the number of axes is read.
    """
    conv = spatial_layers(shape).conv(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")
    return [conv, batch_norm(), Activation("relu")]


def batch_norm() -> BatchNormalization:
    """Returns batch normalization with torch's momentum and epsilon."""
    return BatchNormalization(momentum=0.9, epsilon=1e-5)
