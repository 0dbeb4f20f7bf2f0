"""Conversion of a Keras layer config to an `opsin.nn` layer.

Settings that affect predictions are converted, or refused with ModelFileError.
"""

import re
from dataclasses import MISSING, fields
from typing import Any, cast

from opsin.core import ModelFileError, Shape
from opsin.nn import Layer, LayerScale
from opsin.nn.composites import Composite
from opsin.nn.from_json import KINDS
from opsin.nn.initializers import INITIALIZERS
from opsin.nn.naming import snake_case

from .activations import activation_name

SHARED_LAYERS = {
    name: kind for name, kind in KINDS.items() if not issubclass(kind, Composite) and kind is not LayerScale
}
"""Layers that Keras and Opsin have with the same name and arguments."""
SUPPORTED = tuple(sorted({*SHARED_LAYERS, "Sequential"}))

_RANK = re.compile(r"(\d)D")
_POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16", "float16", "float64")
_TRAINING_ONLY = {"name", "trainable", "dtype", "seed", "autocast", "synchronized", "renorm_momentum"}
_TRAINING_SUFFIXES = ("_initializer", "_regularizer", "_constraint")
_REQUIRED: dict[str, tuple[object, ...]] = {
    "data_format": ("channels_last", None),
    "noise_shape": (None,),
    "renorm": (False,),
    "renorm_clipping": (None, {}),
    "rms_scaling": (False,),
    "virtual_batch_size": (None,),
    "quantization_config": (None,),
}
_AUGMENTATIONS = ("Random", "AutoContrast", "RandAugment", "AugMix", "CutMix", "MixUp", "MaxNumBoundingBoxes")


def convert_layer(kind: str, config: dict[str, Any], shape: Shape) -> Layer:
    """Returns the `opsin.nn` layer of a Keras layer.

    Args:
        kind: Name of the Keras class.
        config: Config of the layer.
        shape: Input shape without the batch axis.

    Raises:
        ModelFileError: Opsin does not support the layer or one of its settings.
    """
    label = f"{kind:.100} {config.get('name')!r:.100}"
    check_policy(label, config.get("dtype"))
    if kind not in SHARED_LAYERS:
        raise _unsupported(kind, label)
    arguments = {field.name for field in fields(SHARED_LAYERS[kind])} - {
        "axis"
    }  # Softmax: only the last axis is supported
    if kind == "LeakyReLU" and "alpha" in config:
        config = {"negative_slope": config["alpha"]} | {key: config[key] for key in config if key != "alpha"}
    _check_settings(label, config, arguments, shape)
    values: dict[str, Any] = {key: _value(label, kind, key, value) for key, value in config.items() if key in arguments}
    required = [field.name for field in fields(SHARED_LAYERS[kind]) if field.default is MISSING]
    missing = [name for name in required if name not in values]
    if missing:
        raise ModelFileError(
            f"has {label} without {missing[0]!r}. Expected all required arguments: the file is damaged."
        )
    return SHARED_LAYERS[kind](**values)


def check_policy(label: str, policy: object) -> None:
    """Raises ModelFileError unless the dtype policy is a floating-point one. Opsin always loads float32."""
    name: object = policy
    if isinstance(policy, dict):
        found = cast("dict[str, Any]", policy)
        inner = found.get("config")
        name = cast("dict[str, Any]", inner).get("name") if isinstance(inner, dict) else None
        if found.get("class_name") not in ("DTypePolicy", "Policy"):
            name = found.get("class_name")
    if name is not None and name not in _POLICIES:
        raise ModelFileError(
            f"has {label} with the dtype policy {name!r:.100}. Expected one of {', '.join(_POLICIES)}."
        )


def _check_settings(label: str, config: dict[str, Any], converted: set[str], shape: Shape) -> None:
    """Raises ModelFileError if a setting that Opsin does not support has an effect."""
    for key, value in config.items():
        if key in converted or key in _TRAINING_ONLY or key.endswith(_TRAINING_SUFFIXES):
            continue
        if key == "axis":
            if value not in (-1, [-1], len(shape), [len(shape)]):
                raise ModelFileError(f"has {label} with axis={value!r:.100}. Expected -1, the channels.")
        elif value not in _REQUIRED.get(key, (None,)):
            expected = (
                f"Expected {_REQUIRED[key][0]!r}." if key in _REQUIRED else "Opsin does not support this setting."
            )
            raise ModelFileError(f"has {label} with {key}={value!r:.100}. {expected}")


def _value(label: str, kind: str, key: str, value: object) -> object:
    if key == "activation":
        name = activation_name(label, value)
        return None if name == "linear" and kind != "Activation" else name
    if key.endswith("_initializer"):
        return _initializer(value, "zeros" if key == "alpha_initializer" else "glorot_uniform")
    return value


def _initializer(value: object, default: str) -> str:
    """Returns the name of the initializer, or the default. It has no effect: the weights come from the file."""
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("class_name")
    name = snake_case(value) if isinstance(value, str) else ""
    return name if name in INITIALIZERS and name != "dirac" else default


def _unsupported(kind: str, label: str) -> ModelFileError:
    if kind.startswith(_AUGMENTATIONS):
        return ModelFileError(
            f"has {label}, an augmentation layer, which Opsin does not support. Fix: remove it and save again."
        )
    return ModelFileError(f"has {label}, which Opsin does not support. Expected one of {_join_names(SUPPORTED)}.")


def _join_names(names: tuple[str, ...]) -> str:
    """Returns the names as text; names that differ only in the number of axes are merged, as in Conv1-3D.

    Examples:
        >>> _join_names(("Conv1D", "Conv2D", "Dense"))
        'Conv1-2D, Dense'
    """
    ranks: dict[str, list[str]] = {}
    for name in names:
        found = _RANK.search(name)
        ranks.setdefault(_RANK.sub("*", name), []).extend([found[1]] if found else [])
    return ", ".join(
        stem.replace("*", f"{'-'.join(sorted({min(r), max(r)}))}D") if r else stem for stem, r in ranks.items()
    )
