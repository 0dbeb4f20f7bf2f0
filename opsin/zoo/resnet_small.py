"""A small residual network that trains fast on a CPU, for images up to about 64 px."""

from opsin.core import Shape
from opsin.nn import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    Residual,
    Stage,
)


def resnet_tiny(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """`resnet_small` with half the filters: a quarter of the work, for when time is short."""
    return _resnet(input_shape, units, activation, (32, 128, 128))


def resnet_tiny_average(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """`resnet_tiny` with an average at its end instead of a maximum: for amounts, which add up over the image."""
    *features, _, head = resnet_tiny(input_shape, units, activation)
    return [*features, GlobalAveragePooling2D(), head]


def resnet_small(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """A 2x2 stem and three stages that pool right after their first convolution, where a map is cheapest.

    Its time goes into large matrix products: few layers, many filters on small maps, no copies of big maps. Images
    too small for three poolings go through fewer.
    """
    return _resnet(input_shape, units, activation, (64, 256, 256))


def _resnet(input_shape: Shape, units: int, activation: str | None, widths: tuple[int, ...]) -> list[Layer]:
    layers: list[Layer] = [Conv2D(8 * input_shape[-1], 2, activation="relu", name="stem")]
    size = min(input_shape[:-1]) - 1
    for number, filters in enumerate(widths, start=1):
        layers.append(_stage(filters, pooled=size >= 2, name=f"stage{number}"))
        size = max(size // 2, 1)
    return [*layers, GlobalMaxPooling2D(), Dense(units, activation=activation, kernel_initializer="zeros")]


def _stage(filters: int, *, pooled: bool, name: str) -> Stage:
    pool: list[Layer] = [MaxPooling2D(2)] if pooled else []
    inner = Residual([_convolution(filters), _normalization(), Activation("relu")])
    return Stage([_convolution(filters), *pool, _normalization(), Activation("relu"), inner], name=name)


def _convolution(filters: int) -> Conv2D:
    return Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="dirac")


def _normalization() -> BatchNormalization:
    return BatchNormalization(momentum=0.9, epsilon=1e-5)
