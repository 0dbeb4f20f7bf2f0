"""Conversion of the Keras config of a Sequential model to layers. All shapes are checked before weights are created."""

from dataclasses import dataclass
from typing import Any, cast

from opsin.core import ModelFileError, Shape
from opsin.nn import Layer, Stage
from opsin.nn.layer import numel

from .layers import check_policy, convert_layer

MAX_LAYERS = 4096
MAX_VALUES = 2**30
"""Maximum number of output values of a layer per image: 4 GiB of float32."""
_MAX_DEPTH = 16


@dataclass(frozen=True)
class NetworkConfig:
    """A Sequential network, described without weights.

    Attributes:
        name: Name of the model.
        input_shape: Input shape without the batch axis.
        layers: Layers of the network.
        frozen: Paths of the modules whose weights are not trainable.
    """

    name: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    frozen: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """Number of weights."""
        stage = Stage(self.layers)
        return stage.trainable_parameters(self.input_shape) + stage.fixed_parameters(self.input_shape)


def convert_network(model: dict[str, Any]) -> NetworkConfig:
    """Returns the network of a config.json. Raises ModelFileError unless it is a supported Sequential model."""
    kind = model.get("class_name")
    if kind != "Sequential" or model.get("module") != "keras":
        raise ModelFileError(
            f"contains a {kind!r:.100} model. Expected keras.Sequential. Fix: rebuild it as one and copy the weights."
        )
    reader = _ConfigReader()
    config = _config(model)
    layers, shape = reader.read(config, None, "", 0)
    name = config.get("name")
    return NetworkConfig(name if isinstance(name, str) else "sequential", shape, layers, tuple(reader.frozen))


class _ConfigReader:
    """Reads nested Sequential configs, counts layers, and collects frozen ones."""

    def __init__(self) -> None:
        self.count = 0
        self.frozen: list[str] = []

    def read(
        self, config: dict[str, Any], shape: Shape | None, path: str, depth: int
    ) -> tuple[tuple[Layer, ...], Shape]:
        """Returns the layers of a Sequential config and their input shape."""
        label = f"Sequential {config.get('name')!r:.100}"
        check_policy(label, config.get("dtype"))
        entries = config.get("layers")
        if not isinstance(entries, list) or depth > _MAX_DEPTH:
            raise ModelFileError(
                f"has {label} without a list of layers, or nested too deeply. Expected a list: the file is damaged."
            )
        items = cast("list[object]", entries)
        self.count += len(items)
        if self.count > MAX_LAYERS:
            raise ModelFileError(f"has too many layers. Expected at most {MAX_LAYERS:,}.")
        batch_shape, items = _split_input(config, items)
        shape = _input_shape(label, shape, batch_shape)
        layers: list[Layer] = []
        current = shape
        for entry in items:
            layer = self._layer(entry, current, path, depth)
            current = layer.output_shape(current)
            if numel(current) > MAX_VALUES:
                raise ModelFileError(
                    f"has {layer.label} with {numel(current):,} outputs. Expected at most {MAX_VALUES:,}."
                )
            layers.append(layer)
        if not layers:
            raise ModelFileError(f"has {label} without layers. Expected at least one.")
        return tuple(layers), shape

    def _layer(self, entry: object, shape: Shape, path: str, depth: int) -> Layer:
        found = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        kind, config = found.get("class_name"), _config(found)
        name = config.get("name")
        if not isinstance(kind, str) or not isinstance(name, str):
            raise ModelFileError("has a layer without class or name. Expected both: the file is damaged.")
        expected = "keras" if kind == "Sequential" else "keras.layers"
        if found.get("module") != expected:
            raise ModelFileError(
                f"has {kind:.100} from {found.get('module')!r:.100}, which is not Keras. Expected {expected!r}."
            )
        if kind == "Sequential":
            layers, _ = self.read(config, shape, f"{path}{name}.", depth + 1)
            return Stage(layers, name=name)
        if config.get("trainable") is False:
            self.frozen.append(f"{path}{name}")
        return convert_layer(kind, config, shape)


def _config(found: dict[str, Any]) -> dict[str, Any]:
    config = found.get("config")
    if not isinstance(config, dict):
        raise ModelFileError("has a layer or model without a config. Expected one: the file is damaged.")
    return cast("dict[str, Any]", config)


def _split_input(config: dict[str, Any], entries: list[object]) -> tuple[object, list[object]]:
    """Returns the batch shape of a config, or None, and its layers without the InputLayer."""
    first = cast("dict[str, Any]", entries[0]) if entries and isinstance(entries[0], dict) else {}
    if first.get("class_name") != "InputLayer":
        return config.get("build_input_shape"), entries
    found = _config(first)
    if found.get("sparse") or found.get("ragged"):
        raise ModelFileError("has sparse or ragged inputs. Expected dense arrays.")
    return found.get("batch_shape", found.get("batch_input_shape")), entries[1:]


def _input_shape(label: str, given: Shape | None, batch_shape: object) -> Shape:
    """Returns the input shape without the batch axis. Raises ModelFileError if it is unknown or contradicts `given`."""
    if batch_shape is None and given is not None:
        return given
    if batch_shape is None:
        raise ModelFileError(
            f"has {label} without an input shape. Fix: build the model with keras.Input and save it again."
        )
    sizes = cast("list[object]", batch_shape)[1:] if isinstance(batch_shape, list) else []
    if (
        given is not None
        and len(sizes) == len(given)
        and all(s in (None, g) for s, g in zip(sizes, given, strict=True))
    ):
        return given
    if given is not None or not 1 <= len(sizes) <= 4 or not all(type(s) is int and 0 < s < 2**24 for s in sizes):
        raise ModelFileError(
            f"has {label} for inputs of {batch_shape!r:.100}. Expected one fixed size, such as [None, 64, 64, 3]. "
            "Fix: build the model with keras.Input((64, 64, 3)), copy the weights and save it again."
        )
    return cast(Shape, tuple(sizes))
