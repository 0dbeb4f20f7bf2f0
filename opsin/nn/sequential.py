"""The sequential network: layers as data, and the torch module built from them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from opsin.core import NetworkError, Shape, derive
from opsin.kernels.geometry import channels_last

from .chain import collect_outputs
from .composites import Stage, build_chain, chain_shapes, failing_path
from .from_json import check_fields, layer_from_json
from .layer import Json, Layer, shape_text, short_repr
from .layers.activations import Activation, function
from .layers.advanced_activations import Softmax
from .layers.input import Input
from .naming import name_layers
from .validation import as_count, only_layers
from .views.summary import summarize

_RESERVED_NAMES = frozenset({"name", "layers", "input_shape", "output_shape", "final_activation"})
_FINAL_ACTIVATIONS = ("softmax", "sigmoid")
_MAX_PARAMETERS = 2**34


class Sequential(torch.nn.Module):
    """A network of layers applied in order: a torch module whose children have the names of the layers.

    Tensors are channels first, (batch, channels, height, width), in any memory format.

    Args:
        layers: Layers in order. An `Input` may come first in place of `input_shape`.
        input_shape: Input shape without the batch axis: (height, width, channels), or one to four sizes with channels
            last.
        seed: Seed of the initial weights. Default: drawn from torch's global generator.
        name: Name of the network, shown in summaries and error messages.

    Raises:
        NetworkError: The layers do not fit together. The message names the layer, its input shape and the fix.

    Examples:
        >>> from opsin.nn import Dense, Flatten
        >>> net = Sequential([Flatten(), Dense(10, activation="softmax")], input_shape=(8, 8, 1), seed=0)
        >>> net.output_shape, net.final_activation
        ((10,), 'softmax')
    """

    def __init__(
        self,
        layers: Iterable[Layer | Input],
        *,
        input_shape: Shape | None = None,
        seed: int | None = None,
        name: str = "sequential",
    ) -> None:
        super().__init__()
        if not isinstance(cast(object, name), str):
            raise NetworkError(f"the network has name={short_repr(name)}. Expected a string.")
        self.layers, self.input_shape = _parse_layers(layers, input_shape, frozenset(dir(self)))
        self.output_shape = _checked_output_shape(self.layers, self.input_shape)
        self.name = name
        whole = Stage(self.layers)
        count = whole.trainable_parameters(self.input_shape) + whole.fixed_parameters(self.input_shape)
        if count > _MAX_PARAMETERS:
            raise NetworkError(f"{name} has {count:,} parameters. Expected at most {_MAX_PARAMETERS:,}.")
        logit_layers, self.final_activation = _without_final_activation(self.layers)
        if seed is None:
            seed = int(torch.randint(2**62, (), device="cpu").item())
        with torch.random.fork_rng(devices=[]):  # pyright: ignore[reportUnknownMemberType]
            torch.manual_seed(derive(seed, "weights"))  # pyright: ignore[reportUnknownMemberType]
            for key, module in build_chain(logit_layers, self.input_shape).items():
                self.add_module(key, module)

    def logits(self, x: Tensor) -> Tensor:
        """Computes the output before the final softmax or sigmoid.

        Args:
            x: Float tensor (batch, channels, height, width).

        Returns:
            Tensor (batch, ...), `final_activation` not applied.

        Raises:
            NetworkError: The tensor does not match `input_shape`.
        """
        x = self.checked_input(x)
        for module in self.children():
            x = module(x)
        return x

    def intermediate_outputs(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Computes the outputs of named layers, also inside composite layers, and nothing beyond the last of them.

        Args:
            x: Float tensor (batch, channels, height, width).
            names: Paths of layers as the rows of a summary have them; "stage1/block2" is a layer inside a stage,
                "block1/body/conv2d" one in a branch.

        Returns:
            One tensor (batch, channels, ...) per name, in the order of `names`. Gradients flow through them.

        Raises:
            NetworkError: A name is the path of no layer.
        """
        wanted = tuple(names)
        found: dict[str, Tensor] = {}
        collect_outputs(self, self.checked_input(x), set(wanted), found)
        missing = [name for name in wanted if name not in found]
        if missing:
            raise NetworkError(
                f"{self.name} has no layer {missing[0]!r}. Expected a name such as {self._first_names()}."
            )
        return {name: found[name] for name in wanted}

    def forward(self, x: Tensor) -> Tensor:
        """Computes the output, final activation included.

        Args:
            x: Float tensor (batch, channels, height, width).

        Returns:
            Tensor (batch, ...) of shape `output_shape`, channels first.
        """
        return function(self.final_activation)(self.logits(x))

    def summary(self, details: bool = False) -> None:
        """Prints the layers with output shapes and parameters, formatted as in Keras.

        Args:
            details: Add receptive field, multiply-adds, memory and the parameters of an equivalent Dense layer.
        """
        print(summarize(self).text(details))

    def _repr_html_(self) -> str:
        return summarize(self).html()

    def checked_input(self, x: Tensor) -> Tensor:
        """Returns the input in channels_last memory format.

        Args:
            x: Float tensor (batch, channels, height, width).

        Raises:
            NetworkError: The tensor does not match `input_shape`.
        """
        if x.ndim != len(self.input_shape) + 1 or x.shape[1] != self.input_shape[-1]:
            expected = "x".join(map(str, ("N", self.input_shape[-1], *self.input_shape[:-1])))
            raise NetworkError(
                f"{self.name} got a tensor of shape {shape_text(tuple(x.shape))}. Expected {expected}. "
                "Fix: move the channels to axis 1, x.permute(0, 3, 1, 2)."
            )
        return channels_last(x)

    def _first_names(self) -> str:
        return ", ".join(repr(layer.name) for layer in self.layers[:5])

    def to_json(self) -> Json:
        """Returns layers and input shape as JSON values. `from_json` restores the network with new weights.

        Returns:
            A dictionary with the keys `type`, `name`, `input_shape` and `layers`.
        """
        return {
            "type": "Sequential",
            "name": self.name,
            "input_shape": list(self.input_shape),
            "layers": [layer.to_json() for layer in self.layers],
        }

    @classmethod
    def from_json(cls, data: Any) -> "Sequential":
        """Restores a network from the description that `to_json` returned. Weights are initialized anew.

        Args:
            data: The JSON object.

        Returns:
            The network.

        Raises:
            NetworkError: A field is unknown, missing or invalid.
        """
        found = check_fields(data, "the network", {"type", "name", "input_shape", "layers"})
        if found["type"] != "Sequential" or not isinstance(found["name"], str):
            raise NetworkError(
                f"the network has type {short_repr(found['type'])} and name {short_repr(found['name'])}. "
                "Expected type 'Sequential' and a string."
            )
        if not isinstance(found["layers"], list):
            raise NetworkError(f"the network has layers={short_repr(found['layers'])}. Expected a list.")
        layers = [layer_from_json(layer) for layer in cast("list[object]", found["layers"])]
        return cls(layers, input_shape=_checked_shape(found["input_shape"]), name=found["name"])


def _parse_layers(
    given: object, input_shape: Shape | None, reserved: frozenset[str]
) -> tuple[tuple[Layer, ...], Shape]:
    """Returns the named layers and the input shape."""
    if not isinstance(given, Iterable):
        raise NetworkError(f"Sequential got {short_repr(given)}. Expected a list of layers. Fix: wrap it in [ ].")
    items = cast("list[object]", list(given))
    first = items[0] if items else None
    if isinstance(first, Input):
        del items[0]
        if input_shape is not None and _checked_shape(input_shape) != _checked_shape(first.shape):
            raise NetworkError(
                f"input_shape is {input_shape}, but Input has {first.shape}. Expected one shape. Fix: omit one of them."
            )
        input_shape = first.shape
    if any(isinstance(item, Input) for item in items):
        raise NetworkError(
            "Input follows other layers. Expected it first, or input_shape instead. Fix: move it to the front."
        )
    layers = only_layers(items, lambda problem: NetworkError(f"Sequential {problem}"))
    return name_layers(layers, reserved | _RESERVED_NAMES), _checked_shape(input_shape)


def _checked_output_shape(layers: tuple[Layer, ...], input_shape: Shape) -> Shape:
    """Returns the output shape. Errors of nested layers include the path of the layer."""
    try:
        return chain_shapes(layers, input_shape)[-1]
    except NetworkError as error:
        path = failing_path(layers, input_shape)
        raise NetworkError(f"{path}: {error}" if "/" in path else str(error)) from None


def _checked_shape(shape: object) -> Shape:
    if isinstance(shape, list | tuple):
        sizes = [as_count(size, 1) for size in cast("list[object]", shape)]
        if 1 <= len(sizes) <= 4 and all(size and size < 2**24 for size in sizes):
            return tuple(size for size in sizes if size)
    raise NetworkError(
        f"input_shape is {short_repr(shape)}. Expected integers (height, width, channels), such as (64, 64, 3)."
    )


def _without_final_activation(layers: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], str]:
    """Returns the layers that compute logits, and the removed activation: softmax, sigmoid or linear."""
    if not layers:
        return layers, "linear"
    *first, last = layers
    if type(last) is Stage:
        inner, removed = _without_final_activation(tuple(last.layers))
        return (*first, replace(last, layers=inner)), removed
    if isinstance(last, Softmax):
        return (*first, Activation("linear", name=last.name)), "softmax"
    activation = getattr(last, "activation", None)
    if activation in _FINAL_ACTIVATIONS:
        removed = "linear" if isinstance(last, Activation) else None
        return (*first, replace(cast(Any, last), activation=removed)), activation
    return layers, "linear"
