"""The network: layers as data, and the torch module built from them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from opsin.core import NetworkError, Shape, derive

from .chain import run_chain, tap
from .composites import Stage, build_chain, chain_shapes, where_it_fails
from .from_json import check_fields, layer_from_json
from .layer import Json, Layer, shape_text, short_repr
from .layers.activations import Activation, function
from .layers.advanced_activations import Softmax
from .layers.input import Input
from .naming import name_layers
from .validation import as_count, only_layers
from .views.summary import summarize

_OWN_NAMES = frozenset({"name", "layers", "input_shape", "output_shape", "final_activation", "trainings"})
_FOLDED = ("softmax", "sigmoid")
_MOST_PARAMETERS = 2**34


class Sequential(torch.nn.Module):
    """A network of layers in order; children are called by the layers' names.

    `input_shape` is (height, width, channels), here or in an `Input` before the layers; tensors are (N, channels,
    height, width) in any memory format. `seed` fixes the first weights; None draws it from torch's global stream.
    Raises NetworkError, naming the layer, its input and the mend, when the layers do not fit.

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
        self.trainings = 0
        if not isinstance(cast(object, name), str):
            raise NetworkError(f"a network has the name {short_repr(name)}; expected a text")
        self.layers, self.input_shape = _started(layers, input_shape, frozenset(dir(self)))
        self.output_shape = _checked_end(self.layers, self.input_shape)
        self.name = name
        whole = Stage(self.layers)
        count = whole.trainable_parameters(self.input_shape) + whole.fixed_parameters(self.input_shape)
        if count > _MOST_PARAMETERS:
            raise NetworkError(f"{name} would have {count:,} parameters; expected at most {_MOST_PARAMETERS:,}")
        computed, self.final_activation = _without_final_activation(self.layers)
        if seed is None:
            seed = int(torch.randint(2**62, (), device="cpu").item())
        with torch.random.fork_rng(devices=[]):  # pyright: ignore[reportUnknownMemberType]
            torch.manual_seed(derive(seed, "weights"))  # pyright: ignore[reportUnknownMemberType]
            for key, module in build_chain(computed, self.input_shape).items():
                self.add_module(key, module)

    def train(self, mode: bool = True) -> "Sequential":
        """torch's; counted in `trainings`, as is every pass that keeps gradients: weights may change after each."""
        self.trainings += mode
        return super().train(mode)

    def logits(self, x: Tensor) -> Tensor:
        """What the network computes before the softmax or sigmoid of its last layer, from (N, C, H, W) floats."""
        return run_chain(self.children(), self._taken(x))

    def intermediate_outputs(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """What the named layers and stages give for (N, C, H, W) floats, as NCHW; "stage1/block2" lies in a stage.

        Computes no further than the last of them, and lets gradients through. Raises NetworkError for a name that is
        no layer of the chain or of its stages.
        """
        wanted = tuple(names)
        found: dict[str, Tensor] = {}
        tap(self, "", self._taken(x), set(wanted), found)
        missing = [name for name in wanted if name not in found]
        if missing:
            raise NetworkError(f"{self.name} has no layer {missing[0]!r} to tap; expected names such as {self._some()}")
        return {name: found[name] for name in wanted}

    def forward(self, x: Tensor) -> Tensor:
        """What the layers say, the last activation included."""
        return function(self.final_activation)(self.logits(x))

    def summary(self, details: bool = False) -> None:
        """Prints the layers, their shapes and parameters as Keras does; `details` adds reach, cost and memory."""
        print(summarize(self).text(details))

    def _repr_html_(self) -> str:
        return summarize(self).html()

    def _taken(self, x: Tensor) -> Tensor:
        if x.ndim != len(self.input_shape) + 1 or x.shape[1] != self.input_shape[-1]:
            expected = "x".join(map(str, ("N", self.input_shape[-1], *self.input_shape[:-1])))
            raise NetworkError(
                f"{self.name} got a tensor of {shape_text(tuple(x.shape))}, expected {expected}: channels come "
                "second, x.permute(0, 3, 1, 2) brings them there"
            )
        if torch.is_grad_enabled() and not torch.compiler.is_compiling():
            self.trainings += 1
        return channels_last(x)

    def _some(self) -> str:
        return ", ".join(repr(layer.name) for layer in self.layers[:5])

    def to_json(self) -> Json:
        """Layers and input shape in plain JSON values; `from_json` makes the same network with new weights."""
        return {
            "type": "Sequential",
            "name": self.name,
            "input_shape": list(self.input_shape),
            "layers": [layer.to_json() for layer in self.layers],
        }

    @classmethod
    def from_json(cls, data: Any) -> "Sequential":
        """The network that `to_json` wrote; NetworkError when a field is unknown, missing or wrong."""
        found = check_fields(data, "a network", {"type", "name", "input_shape", "layers"})
        if found["type"] != "Sequential" or not isinstance(found["name"], str):
            raise NetworkError(
                f"a network has type {short_repr(found['type'])} and name {short_repr(found['name'])}; "
                "expected a Sequential"
            )
        if not isinstance(found["layers"], list):
            raise NetworkError("a network's layers are not a list; the description is broken")
        layers = [layer_from_json(layer) for layer in cast("list[object]", found["layers"])]
        return cls(layers, input_shape=_checked_shape(found["input_shape"]), name=found["name"])


def channels_last(x: Tensor) -> Tensor:
    """The tensor in the memory format that layers are fastest with."""
    if x.ndim == 4:
        if x.shape[1] == 1:  # one channel: both orders are the same bytes, but the strides must say channels_last
            return x.contiguous().view(x.shape[0], *x.shape[2:], 1).permute(0, 3, 1, 2)
        return x.contiguous(memory_format=torch.channels_last)
    return x.contiguous(memory_format=torch.channels_last_3d) if x.ndim == 5 else x


def _started(given: object, input_shape: Shape | None, taken: frozenset[str]) -> tuple[tuple[Layer, ...], Shape]:
    """The layers with their names and the shape they start from."""
    if not isinstance(given, Iterable):
        raise NetworkError(f"Sequential takes a list of layers, got {short_repr(given)}: put it in [ ]")
    items = cast("list[object]", list(given))
    first = items[0] if items else None
    if isinstance(first, Input):
        del items[0]
        if input_shape is not None and _checked_shape(input_shape) != _checked_shape(first.shape):
            raise NetworkError(f"input_shape is {input_shape} and Input says {first.shape}: leave one out")
        input_shape = first.shape
    if any(isinstance(item, Input) for item in items):
        raise NetworkError("Input stands behind other layers; expected it first or not at all")
    layers = only_layers(items, lambda problem: NetworkError(f"Sequential {problem}"))
    return name_layers(layers, taken | _OWN_NAMES), _checked_shape(input_shape)


def _checked_end(layers: tuple[Layer, ...], input_shape: Shape) -> Shape:
    """The shape that comes out; an error of a layer inside another says where that lies."""
    try:
        return chain_shapes(layers, input_shape)[-1]
    except NetworkError as error:
        path = where_it_fails(layers, input_shape)
        raise NetworkError(f"{path}: {error}" if "/" in path else str(error)) from None


def _checked_shape(shape: object) -> Shape:
    if isinstance(shape, list | tuple):
        sizes = [as_count(size, 1) for size in cast("list[object]", shape)]
        if 1 <= len(sizes) <= 4 and all(size and size < 2**24 for size in sizes):
            return tuple(size for size in sizes if size)
    raise NetworkError(
        f"input_shape is {short_repr(shape)}; expected whole numbers such as (64, 64, 3): height, width, channels"
    )


def _without_final_activation(layers: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], str]:
    """The layers to compute logits with, and the activation left out: softmax, sigmoid or linear."""
    if not layers:
        return layers, "linear"
    *first, last = layers
    if type(last) is Stage:
        inner, left_out = _without_final_activation(tuple(last.layers))
        return (*first, replace(last, layers=inner)), left_out
    if isinstance(last, Softmax):
        return (*first, Activation("linear", name=last.name)), "softmax"
    activation = getattr(last, "activation", None)
    if activation in _FOLDED:
        left_out = "linear" if isinstance(last, Activation) else None
        return (*first, replace(cast(Any, last), activation=left_out)), activation
    return layers, "linear"
