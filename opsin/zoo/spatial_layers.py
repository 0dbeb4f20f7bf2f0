"""Layers for images and volumes, chosen by the number of spatial axes."""

from dataclasses import dataclass

from opsin.core import NetworkError, Shape
from opsin.nn import (
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    Cropping2D,
    Cropping3D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling2D,
    MaxPooling3D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding2D,
    ZeroPadding3D,
)


@dataclass(frozen=True)
class SpatialLayers:
    """Layer classes of one rank."""

    conv: type[Conv2D] | type[Conv3D]
    conv_transpose: type[Conv2DTranspose] | type[Conv3DTranspose]
    max_pooling: type[MaxPooling2D] | type[MaxPooling3D]
    global_max_pooling: type[GlobalMaxPooling2D] | type[GlobalMaxPooling3D]
    global_average_pooling: type[GlobalAveragePooling2D] | type[GlobalAveragePooling3D]
    up_sampling: type[UpSampling2D] | type[UpSampling3D]
    zero_padding: type[ZeroPadding2D] | type[ZeroPadding3D]
    cropping: type[Cropping2D] | type[Cropping3D]


_BY_RANK = {
    2: SpatialLayers(
        Conv2D,
        Conv2DTranspose,
        MaxPooling2D,
        GlobalMaxPooling2D,
        GlobalAveragePooling2D,
        UpSampling2D,
        ZeroPadding2D,
        Cropping2D,
    ),
    3: SpatialLayers(
        Conv3D,
        Conv3DTranspose,
        MaxPooling3D,
        GlobalMaxPooling3D,
        GlobalAveragePooling3D,
        UpSampling3D,
        ZeroPadding3D,
        Cropping3D,
    ),
}


def spatial_layers(shape: Shape) -> SpatialLayers:
    """Returns the layer classes for feature maps of `shape`.

    Args:
        shape: (height, width, channels) or (depth, height, width, channels).

    Raises:
        NetworkError: The shape has another number of axes.

    Examples:
        >>> spatial_layers((8, 8, 8, 1)).conv.__name__
        'Conv3D'
    """
    layers = _BY_RANK.get(len(shape) - 1)
    if layers is None:
        raise NetworkError(
            f"shape {shape} has {len(shape)} axes. "
            "Expected (height, width, channels) or (depth, height, width, channels)."
        )
    return layers
