"""U-Net at full resolution for images and volumes: few filters where feature maps are large."""

from collections.abc import Sequence

from opsin.core import Shape
from opsin.nn import Activation, Layer, Residual

from .spatial_layers import spatial_layers
from .unet import batch_norm, conv_block, unet

WIDTHS = (16, 32, 64, 128, 192)
LEAST_SIDE = 4
"""Sides of a feature map are not halved below this."""


def full_encoder(input_shape: Shape) -> list[Layer]:
    """Returns the encoder: two convolutions at full resolution, then a residual block at each half of it.

    Args:
        input_shape: (height, width, channels) or (depth, height, width, channels).
    """
    kinds = spatial_layers(input_shape)
    layers = [*conv_block(WIDTHS[0], input_shape), *conv_block(WIDTHS[0], input_shape)]
    sides = list(input_shape[:-1])
    for width in WIDTHS[1:]:
        strides = tuple(2 if side >= 2 * LEAST_SIDE else 1 for side in sides)
        if max(strides) == 1:
            break
        sides = [-(-side // step) for side, step in zip(sides, strides, strict=True)]
        layers += [
            kinds.conv(width, 3, strides, "same", use_bias=False, kernel_initializer="he_normal"),
            batch_norm(),
            Activation("relu"),
            Residual(conv_block(width, input_shape)),
        ]
    return layers


def full_map(encoder: Sequence[Layer], input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """Returns a U-Net around the encoder, with as many filters at full resolution as the encoder has."""
    return unet(encoder, input_shape, units, least_filters=WIDTHS[0])
