"""Layers from JSON: what is written must be exactly what a layer has, nothing runs, nothing is guessed."""

from dataclasses import fields
from typing import Any, cast

from opsin.core import NetworkError

from .activations import Activation
from .composites import Residual, Stage
from .convolution import Conv1D, Conv2D, Conv3D
from .dense import Dense
from .depthwise import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from .dropout import Dropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from .global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from .joining import Parallel, Skip
from .layer import Layer
from .normalization import BatchNormalization, GroupNormalization, LayerNormalization, LayerScale
from .pooling import AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from .reshaping import Flatten, Rescaling, Reshape
from .transposed import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from .upsampling import UpSampling1D, UpSampling2D, UpSampling3D
from .zero_padding import ZeroPadding1D, ZeroPadding2D, ZeroPadding3D

KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Activation, AveragePooling1D, AveragePooling2D, AveragePooling3D, BatchNormalization, Conv1D,
        Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, Dense, DepthwiseConv1D,
        DepthwiseConv2D, Dropout, Flatten, GlobalAveragePooling1D, GlobalAveragePooling2D,
        GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D, GroupNormalization,
        LayerNormalization, LayerScale, MaxPooling1D, MaxPooling2D, MaxPooling3D, Parallel, Rescaling, Reshape,
        Residual, SeparableConv1D, SeparableConv2D, Skip, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D,
        Stage, UpSampling1D, UpSampling2D, UpSampling3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D,
    )
}  # fmt: skip
_DEPTH = 32


def layer_from_json(data: object, depth: int = 0) -> Layer:
    """The layer that `Layer.to_json` wrote; NetworkError when a field is unknown, missing or wrong.

    >>> from opsin.nn import Dense
    >>> layer_from_json(Dense(3).to_json()) == Dense(3)
    True
    """
    fields_of = check_fields(data, "a layer", None)
    kind = KINDS.get(str(fields_of.pop("type", None)))
    if kind is None or not isinstance(data, dict):
        raise NetworkError(f"a layer has the type {_type(data)!r}; expected one of {', '.join(sorted(KINDS))}")
    if depth > _DEPTH:
        raise NetworkError(f"layers lie in layers more than {_DEPTH} deep: the description is broken")
    check_fields(fields_of, kind.__name__, {field.name for field in fields(kind)})
    name = fields_of["name"]
    if name is not None and not isinstance(name, str):
        raise NetworkError(f"{kind.__name__} has the name {name!r}; expected a text or null")
    values: dict[str, Any] = {key: _value(value, depth) for key, value in fields_of.items()}
    return kind(**values)


def check_fields(data: object, what: str, expected: set[str] | None) -> dict[str, Any]:
    """A copy of the JSON object, NetworkError unless it is one and has exactly the `expected` fields."""
    if not isinstance(data, dict):
        raise NetworkError(f"{what} is {type(data).__name__} in the description; expected a JSON object")
    found = cast("dict[str, Any]", data)
    if expected is not None and set(found) != expected:
        missing, unknown = sorted(expected - set(found)), sorted(map(str, set(found) - expected))
        problems = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has unknown {', '.join(unknown)}"] * bool(
            unknown
        )
        raise NetworkError(
            f"{what} in the description {' and '.join(problems)}; expected {', '.join(sorted(expected))}"
        )
    return dict(found)


def _value(value: object, depth: int) -> object:
    if isinstance(value, dict):
        return layer_from_json(cast("dict[str, Any]", value), depth + 1)
    if isinstance(value, list):
        return tuple(_value(item, depth + 1) for item in cast("list[object]", value))
    return value


def _type(data: object) -> object:
    return cast("dict[str, Any]", data).get("type") if isinstance(data, dict) else None
