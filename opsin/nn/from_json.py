"""Layers from JSON descriptions. Every field must be present and valid; no code is executed."""

from dataclasses import fields
from typing import Any, cast

from opsin.core import NetworkError

from .branches import Parallel, Skip
from .composites import Residual, Stage
from .layer import Layer, short_repr
from .layers.activations import Activation
from .layers.advanced_activations import ELU, LeakyReLU, PReLU, ReLU, Softmax
from .layers.convolution import Conv1D, Conv2D, Conv3D
from .layers.cropping import Cropping1D, Cropping2D, Cropping3D
from .layers.dense import Dense
from .layers.depthwise import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from .layers.dropout import Dropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from .layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from .layers.normalization import BatchNormalization, GroupNormalization, LayerNormalization, LayerScale
from .layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from .layers.reshaping import Flatten, Rescaling, Reshape
from .layers.transposed import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from .layers.upsampling import UpSampling1D, UpSampling2D, UpSampling3D
from .layers.zero_padding import ZeroPadding1D, ZeroPadding2D, ZeroPadding3D

KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Activation, AveragePooling1D, AveragePooling2D, AveragePooling3D, BatchNormalization, Conv1D,
        Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, Cropping1D, Cropping2D, Cropping3D, Dense,
        DepthwiseConv1D, DepthwiseConv2D, Dropout, ELU, Flatten, GlobalAveragePooling1D, GlobalAveragePooling2D,
        GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D, GroupNormalization,
        LayerNormalization, LayerScale, LeakyReLU, MaxPooling1D, MaxPooling2D, MaxPooling3D, PReLU, Parallel, ReLU,
        Rescaling, Reshape, Residual, SeparableConv1D, SeparableConv2D, Skip, Softmax, SpatialDropout1D,
        SpatialDropout2D, SpatialDropout3D, Stage, UpSampling1D, UpSampling2D, UpSampling3D, ZeroPadding1D,
        ZeroPadding2D, ZeroPadding3D,
    )
}  # fmt: skip
ADDED_LATER: dict[str, Any] = {"output_padding": None}
"""Defaults of fields that are optional in descriptions."""
_MAX_DEPTH = 32


def layer_from_json(data: object, depth: int = 0) -> Layer:
    """Restores a layer from the description that `Layer.to_json` returned.

    Args:
        data: The JSON object.
        depth: Nesting depth of this layer, for the limit of 32.

    Returns:
        The layer.

    Raises:
        NetworkError: A field is unknown, missing or invalid, or layers are nested too deeply.

    Examples:
        >>> from opsin.nn import Dense
        >>> layer_from_json(Dense(3).to_json()) == Dense(3)
        True
    """
    fields_of = check_fields(data, "a layer", None)
    kind_name = fields_of.pop("type", None)
    kind = KINDS.get(kind_name) if isinstance(kind_name, str) else None
    if kind is None:
        raise NetworkError(f"a layer has type {short_repr(kind_name)}. Expected one of {', '.join(sorted(KINDS))}.")
    _check_depth(depth)
    expected = {field.name for field in fields(kind)}
    fields_of = {key: value for key, value in ADDED_LATER.items() if key in expected} | fields_of
    check_fields(fields_of, kind.__name__, expected)
    name = fields_of["name"]
    if name is not None and not isinstance(name, str):
        raise NetworkError(f"{kind.__name__} has name={short_repr(name)}. Expected a string or null.")
    values: dict[str, Any] = {key: _value(value, depth) for key, value in fields_of.items()}
    return kind(**values)


def check_fields(data: object, what: str, expected: set[str] | None) -> dict[str, Any]:
    """Checks that a value is a JSON object with exactly the expected fields.

    Args:
        data: The parsed JSON value.
        what: Name of the object, for the message.
        expected: Names of the fields; None accepts any.

    Returns:
        A copy of the object.

    Raises:
        NetworkError: The value is not an object, or a field is missing or unknown.
    """
    if not isinstance(data, dict):
        raise NetworkError(f"{what} has type {type(data).__name__} in the description. Expected a JSON object.")
    found = cast("dict[str, Any]", data)
    if expected is not None and set(found) != expected:
        missing, unknown = sorted(expected - set(found)), [key for key in found if key not in expected]
        problems = [f"lacks {', '.join(missing)}"] * bool(missing)
        problems += [f"has unknown {', '.join(map(_key_text, unknown[:5]))}"] * bool(unknown)
        raise NetworkError(
            f"{what} in the description {' and '.join(problems)}. Expected {', '.join(sorted(expected))}."
        )
    return dict(found)


def _value(value: object, depth: int) -> object:
    if isinstance(value, dict):
        return layer_from_json(cast("dict[str, Any]", value), depth + 1)
    if isinstance(value, list):
        _check_depth(depth)
        return tuple(_value(item, depth + 1) for item in cast("list[object]", value))
    return value


def _check_depth(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise NetworkError(f"layers are nested more than {_MAX_DEPTH} deep. Expected a description written by to_json.")


def _key_text(key: object) -> str:
    return key if isinstance(key, str) and len(key) < 80 and key.isprintable() else short_repr(key)
