"""ConvNeXt (Liu et al., A ConvNet for the 2020s, arXiv:2201.03545): large depthwise kernels, little normalization."""

from functools import partial

from opsin.core import Shape
from opsin.nn import (
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    Layer,
    LayerNormalization,
    LayerScale,
    Residual,
    Stage,
)

from .architecture import Architecture, all_heads


def _convnext(depths: tuple[int, ...], widths: tuple[int, ...]) -> Architecture:
    return Architecture(partial(_encoder, depths, widths), all_heads(_head))


def _encoder(depths: tuple[int, ...], widths: tuple[int, ...], input_shape: Shape) -> list[Layer]:
    layers: list[Layer] = []
    for number, (depth, width) in enumerate(zip(depths, widths, strict=True), start=1):
        downsampling: list[Layer] = (
            [Conv2D(width, 4, strides=4, name="patches"), _normalization()]
            if number == 1
            else [_normalization(), Conv2D(width, 2, strides=2, name="halved")]
        )
        blocks = [_block(width, f"block{index + 1}") for index in range(depth)]
        layers.append(Stage([*downsampling, *blocks], name=f"stage{number}"))
    return layers


def _head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    return [GlobalAveragePooling2D(), _normalization(), Dense(units, activation=activation)]


def _block(width: int, name: str) -> Residual:
    pointwise = [Dense(4 * width, activation="gelu", name="widened"), Dense(width, name="narrowed")]
    return Residual([DepthwiseConv2D(7, padding="same"), _normalization(), *pointwise, LayerScale(1e-6)], name=name)


def _normalization() -> LayerNormalization:
    return LayerNormalization(epsilon=1e-6)


CONVNEXT_ATTO = _convnext((2, 2, 6, 2), (40, 80, 160, 320))
"""About 3.7 million parameters for 1000 classes of RGB images; for small data and slow machines."""
CONVNEXT_TINY = _convnext((3, 3, 9, 3), (96, 192, 384, 768))
"""28,589,128 parameters for 1000 classes of RGB images."""
CONVNEXT_SMALL = _convnext((3, 3, 27, 3), (96, 192, 384, 768))
"""50,223,688 parameters for 1000 classes of RGB images."""
CONVNEXT_BASE = _convnext((3, 3, 27, 3), (128, 256, 512, 1024))
"""88,591,464 parameters for 1000 classes of RGB images."""
