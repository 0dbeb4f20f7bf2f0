"""One layer of a Keras config as a layer of Opsin: what would change an answer is taken over or refused."""

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

SAME = {name: kind for name, kind in KINDS.items() if not issubclass(kind, Composite) and kind is not LayerScale}
"""Keras's layers that Opsin has under the same name and with the same arguments."""
SUPPORTED = tuple(sorted({*SAME, "Sequential"}))

_RANK = re.compile(r"(\d)D")
_POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16", "float16", "float64")
_TRAINING_ONLY = {"name", "trainable", "dtype", "seed", "autocast", "synchronized", "renorm_momentum"}
_TRAINING_ENDS = ("_initializer", "_regularizer", "_constraint")
_OFF: dict[str, tuple[object, ...]] = {
    "data_format": ("channels_last", None),
    "noise_shape": (None,),
    "renorm": (False,),
    "renorm_clipping": (None, {}),
    "rms_scaling": (False,),
    "virtual_batch_size": (None,),
    "quantization_config": (None,),
}
_DISTORTIONS = ("Random", "AutoContrast", "RandAugment", "AugMix", "CutMix", "MixUp", "MaxNumBoundingBoxes")


def layer_of(kind: str, config: dict[str, Any], shape: Shape) -> Layer:
    """The Opsin layer for a Keras class and its config, on an input of `shape`."""
    label = f"{kind:.100} {config.get('name')!r:.100}"
    check_policy(label, config.get("dtype"))
    if kind not in SAME:
        raise _unsupported(kind, label)
    wanted = {field.name for field in fields(SAME[kind])} - {"axis"}  # of Softmax, the last only
    if kind == "LeakyReLU" and "alpha" in config:
        config = {"negative_slope": config["alpha"]} | {key: config[key] for key in config if key != "alpha"}
    _settings_off(label, config, wanted, shape)
    values: dict[str, Any] = {key: _value(label, kind, key, value) for key, value in config.items() if key in wanted}
    needed = [field.name for field in fields(SAME[kind]) if field.default is MISSING]
    missing = [name for name in needed if name not in values]
    if missing:
        raise ModelFileError(f"has {label} without {missing[0]!r}: it is damaged")
    return SAME[kind](**values)


def check_policy(label: str, policy: object) -> None:
    """Raises ModelFileError unless the layer computes in floating point; what it computes in is Opsin's own choice."""
    name: object = policy
    if isinstance(policy, dict):
        found = cast("dict[str, Any]", policy)
        inner = found.get("config")
        name = cast("dict[str, Any]", inner).get("name") if isinstance(inner, dict) else None
        if found.get("class_name") not in ("DTypePolicy", "Policy"):
            name = found.get("class_name")
    if name is not None and name not in _POLICIES:
        raise ModelFileError(f"has {label} with the dtype policy {name!r:.100}; expected one of {', '.join(_POLICIES)}")


def _settings_off(label: str, config: dict[str, Any], taken: set[str], shape: Shape) -> None:
    """Raises ModelFileError when a setting that Opsin does not have is on."""
    for key, value in config.items():
        if key in taken or key in _TRAINING_ONLY or key.endswith(_TRAINING_ENDS):
            continue
        if key == "axis":
            if value not in (-1, [-1], len(shape), [len(shape)]):
                raise ModelFileError(f"has {label} over axis {value!r:.100}; expected the last one, the channels: -1")
        elif value not in _OFF.get(key, (None,)):
            expected = f"; expected {_OFF[key][0]!r}" if key in _OFF else ", which Opsin does not have: leave it out"
            raise ModelFileError(f"has {label} with {key}={value!r:.100}{expected}")


def _value(label: str, kind: str, key: str, value: object) -> object:
    if key == "activation":
        name = activation_name(label, value)
        return None if name == "linear" and kind != "Activation" else name
    if key.endswith("_initializer"):
        return _initializer(value, "zeros" if key == "alpha_initializer" else "glorot_uniform")
    return value


def _initializer(value: object, otherwise: str) -> str:
    """The name of the initializer where Opsin has it; weights come from the file, so any other is as good."""
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("class_name")
    name = snake_case(value) if isinstance(value, str) else ""
    return name if name in INITIALIZERS and name != "dirac" else otherwise


def _unsupported(kind: str, label: str) -> ModelFileError:
    if kind.startswith(_DISTORTIONS):
        return ModelFileError(
            f"has {label}, which changes images at random in training; leave it out of the network and save again"
        )
    return ModelFileError(f"has {label}, a layer that Opsin does not have; it has {_listed(SUPPORTED)}")


def _listed(names: tuple[str, ...]) -> str:
    """The names, those that differ in the number of axes only in one: Conv1-3D.

    >>> _listed(("Conv1D", "Conv2D", "Dense"))
    'Conv1-2D, Dense'
    """
    ranks: dict[str, list[str]] = {}
    for name in names:
        found = _RANK.search(name)
        ranks.setdefault(_RANK.sub("*", name), []).extend([found[1]] if found else [])
    return ", ".join(
        stem.replace("*", f"{'-'.join(sorted({min(r), max(r)}))}D") if r else stem for stem, r in ranks.items()
    )
