"""Small residual networks that train fast on a CPU, for images up to about 64 px and for volumes."""

from functools import partial

from opsin.core import Shape
from opsin.nn import Activation, BatchNormalization, Dense, Layer, Residual, Stage

from .architecture import Architecture, all_heads, vector_heads
from .spatial_layers import spatial_layers


def _encoder(widths: tuple[int, ...], input_shape: Shape) -> list[Layer]:
    """Returns a stem with kernel size 2 and one stage a width.

    Each stage pools right after its first convolution, where the feature map is cheapest. Time goes into large matrix
    products: few layers, many filters on small feature maps. Inputs too small for three poolings are pooled less often.
    """
    layers: list[Layer] = [spatial_layers(input_shape).conv(8 * input_shape[-1], 2, activation="relu", name="stem")]
    size = min(input_shape[:-1]) - 1
    for number, filters in enumerate(widths, start=1):
        layers.append(_stage(filters, input_shape, pooled=size >= 2, name=f"stage{number}"))
        size = max(size // 2, 1)
    return layers


def _max_head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    return [spatial_layers(input_shape).global_max_pooling(), _dense(units, activation)]


def _average_head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    return [spatial_layers(input_shape).global_average_pooling(), _dense(units, activation)]


def _dense(units: int, activation: str | None) -> Dense:
    return Dense(units, activation=activation, kernel_initializer="zeros")


def _stage(filters: int, input_shape: Shape, *, pooled: bool, name: str) -> Stage:
    pool: list[Layer] = [spatial_layers(input_shape).max_pooling(2)] if pooled else []
    inner = Residual([_convolution(filters, input_shape), _normalization(), Activation("relu")])
    first = _convolution(filters, input_shape)
    return Stage([first, *pool, _normalization(), Activation("relu"), inner], name=name)


def _convolution(filters: int, input_shape: Shape) -> Layer:
    conv = spatial_layers(input_shape).conv
    return conv(filters, 3, padding="same", use_bias=False, kernel_initializer="dirac")


def _normalization() -> BatchNormalization:
    return BatchNormalization(momentum=0.9, epsilon=1e-5)


_TINY = partial(_encoder, (32, 128, 128))

RESNET_SMALL = Architecture(partial(_encoder, (64, 256, 256)), all_heads(_max_head), ranks=(2, 3))
RESNET_TINY = Architecture(_TINY, all_heads(_max_head), ranks=(2, 3))
"""`RESNET_SMALL` with half the filters and a quarter of the work, for short time limits."""
RESNET_TINY_AVERAGE = Architecture(_TINY, vector_heads(_average_head), ranks=(2, 3))
"""`RESNET_TINY` with average pooling at its end: for amounts, which add up over the image."""
