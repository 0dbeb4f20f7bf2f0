"""A Keras config of a Sequential model as Opsin's layers, with every shape worked out before a weight exists."""

from dataclasses import dataclass
from typing import Any, cast

from opsin.core import ModelFileError, Shape
from opsin.nn import Layer, Stage
from opsin.nn.layer import numel

from .layers import check_policy, layer_of

MOST_LAYERS = 4096
MOST_VALUES = 2**30
"""In any one layer's output for one image: 4 GiB of float32."""
_MOST_DEPTH = 16


@dataclass(frozen=True)
class Network:
    """What a config describes; `frozen` are the paths of the modules whose weights are not to be trained."""

    name: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    frozen: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """How many numbers the file must hold for it."""
        whole = Stage(self.layers)
        return whole.trainable_parameters(self.input_shape) + whole.fixed_parameters(self.input_shape)


def network_of(model: dict[str, Any]) -> Network:
    """The network of a whole config.json; ModelFileError when it is not a Sequential model that Opsin can express."""
    kind = model.get("class_name")
    if kind != "Sequential" or model.get("module") != "keras":
        raise ModelFileError(
            f"holds a {kind!r:.100} model; Opsin reads keras.Sequential only: rebuild it as one and copy the weights"
        )
    chain = _Chain()
    config = _config(model)
    layers, shape = chain.read(config, None, "", 0)
    name = config.get("name")
    return Network(name if isinstance(name, str) else "sequential", shape, layers, tuple(chain.frozen))


class _Chain:
    """Reads chains of layers, one in another, and keeps count."""

    def __init__(self) -> None:
        self.count = 0
        self.frozen: list[str] = []

    def read(
        self, config: dict[str, Any], shape: Shape | None, path: str, depth: int
    ) -> tuple[tuple[Layer, ...], Shape]:
        """The layers of a Sequential's config and the shape that goes into them."""
        label = f"Sequential {config.get('name')!r:.100}"
        check_policy(label, config.get("dtype"))
        entries = config.get("layers")
        if not isinstance(entries, list) or depth > _MOST_DEPTH:
            raise ModelFileError(f"has {label} without a list of layers or nested too deep: it is damaged")
        listed = cast("list[object]", entries)
        self.count += len(listed)
        if self.count > MOST_LAYERS:
            raise ModelFileError(f"has more than {MOST_LAYERS:,} layers: it is no model of Keras")
        start, listed = _start(config, listed)
        shape = _joined(label, shape, start)
        layers: list[Layer] = []
        current = shape
        for entry in listed:
            layer = self._layer(entry, current, path, depth)
            current = layer.output_shape(current)
            if numel(current) > MOST_VALUES:
                raise ModelFileError(
                    f"has {layer.label} with {numel(current):,} outputs; expected at most {MOST_VALUES:,}"
                )
            layers.append(layer)
        if not layers:
            raise ModelFileError(f"has {label} without layers; expected at least one")
        return tuple(layers), shape

    def _layer(self, entry: object, shape: Shape, path: str, depth: int) -> Layer:
        found = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        kind, config = found.get("class_name"), _config(found)
        name = config.get("name")
        if not isinstance(kind, str) or not isinstance(name, str):
            raise ModelFileError("has a layer without class or name: it is damaged")
        expected = "keras" if kind == "Sequential" else "keras.layers"
        if found.get("module") != expected:
            raise ModelFileError(
                f"takes {kind:.100} from {found.get('module')!r:.100}, which is not Keras's own; expected {expected!r}"
            )
        if kind == "Sequential":
            layers, _ = self.read(config, shape, f"{path}{name}.", depth + 1)
            return Stage(layers, name=name)
        if config.get("trainable") is False:
            self.frozen.append(f"{path}{name}")
        return layer_of(kind, config, shape)


def _config(found: dict[str, Any]) -> dict[str, Any]:
    config = found.get("config")
    if not isinstance(config, dict):
        raise ModelFileError("has a layer or model without a config: it is damaged")
    return cast("dict[str, Any]", config)


def _start(config: dict[str, Any], entries: list[object]) -> tuple[object, list[object]]:
    """The batch shape that a config starts from, None where it says nothing, and its layers without InputLayer."""
    first = cast("dict[str, Any]", entries[0]) if entries and isinstance(entries[0], dict) else {}
    if first.get("class_name") != "InputLayer":
        return config.get("build_input_shape"), entries
    found = _config(first)
    if found.get("sparse") or found.get("ragged"):
        raise ModelFileError("takes sparse or ragged input; expected whole arrays")
    return found.get("batch_shape", found.get("batch_input_shape")), entries[1:]


def _joined(label: str, given: Shape | None, batch_shape: object) -> Shape:
    """The shape without the batch, which must agree with the one that comes in."""
    if batch_shape is None and given is not None:
        return given
    if batch_shape is None:
        raise ModelFileError(f"has {label} without an input shape; build the model with keras.Input and save it again")
    sizes = cast("list[object]", batch_shape)[1:] if isinstance(batch_shape, list) else []
    if (
        given is not None
        and len(sizes) == len(given)
        and all(s in (None, g) for s, g in zip(sizes, given, strict=True))
    ):
        return given
    if given is not None or not 1 <= len(sizes) <= 4 or not all(type(s) is int and 0 < s < 2**24 for s in sizes):
        raise ModelFileError(
            f"has {label} for inputs of {batch_shape!r:.100}; expected one fixed size, such as [None, 64, 64, 3]: "
            "build it with keras.Input((64, 64, 3)), copy the weights and save it again"
        )
    return cast(Shape, tuple(sizes))
