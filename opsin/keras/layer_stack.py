"""A stack of layers that grows: what is in it, its shapes and its weights. The network behind it is built on demand."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from opsin import nn
from opsin.core import NetworkError, Shape, choose_device, keep_large_buffers
from opsin.nn.composites import chain_shapes
from opsin.nn.naming import name_layers

from . import weights
from .layers.input import InputLayer
from .layers.layer import Layer, checked_shape
from .layers.wrapping import wrap
from .naming import auto_name
from .summary import print_summary


class Structure:
    """Layers in order, as Keras's Sequential holds them; `network` is the `opsin.nn.Sequential` they make."""

    def __init__(self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        self.name = name or auto_name("Sequential")
        self._layers: list[Layer] = []
        self._shape: Shape | None = None
        self._network: nn.Sequential | None = None
        for layer in layers or ():
            self.add(layer)
        if not trainable:
            self.trainable = False

    @classmethod
    def from_network(cls, network: nn.Sequential) -> Self:
        """A model around a network that has its weights, such as one from `opsin.zoo` or a file."""
        model = cls(name=network.name)
        model._layers = [wrap(data) for data in network.layers]
        model._shape = network.input_shape
        shapes = chain_shapes(network.layers, network.input_shape)
        for layer, shape in zip(model._layers, shapes, strict=False):
            layer.join(network.get_submodule(layer.name), shape)
        model._network = network.to(choose_device())
        return model

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer (or an Input, first, or a whole model) at the end; NetworkError when it does not fit there."""
        if isinstance(layer, InputLayer):
            if self._layers or self._shape:
                raise NetworkError(f"{self.name} has layers already; expected the Input first or not at all")
            self._shape = layer.shape
            return
        layer = _as_layer(layer, self.name)
        if not self._layers and self._shape is None:
            self._shape = layer.input_shape_given
        name_layers([*(one.data for one in self._layers), layer.data], frozenset())
        if self._shape is not None:
            chain_shapes([*(one.data for one in self._layers), layer.data], self._shape)
        self._layers.append(layer)
        self._network = None

    def pop(self, rebuild: bool = True) -> Layer:
        """Takes the last layer out and gives it."""
        if not self._layers:
            raise NetworkError(f"{self.name} has no layers to pop")
        self._network = None
        return self._layers.pop()

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the Input."""
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer with that name, or at that place; NetworkError, with the names there are, otherwise."""
        if index is not None and -len(self._layers) <= index < len(self._layers):
            return self._layers[index]
        found = [layer for layer in self._layers if layer.name == name]
        if not found or index is not None:
            names = ", ".join(layer.name for layer in self._layers)
            raise NetworkError(f"{self.name} has no layer {name if index is None else index!r}; it has {names}")
        return found[0]

    @property
    def built(self) -> bool:
        """Whether the shape of the input is known, and with it the weights' shapes."""
        return self._shape is not None and bool(self._layers)

    def build(self, input_shape: Any = None) -> None:
        """Says the shape of a batch, (None, height, width, channels), where no layer does, and draws the weights."""
        if input_shape is not None:
            shape = checked_shape(self.name, tuple(input_shape)[1:])
            if self._shape is not None and self._shape != shape:
                raise NetworkError(f"{self.name} is built for {self._shape} and got {shape}; describe a new model")
            chain_shapes([layer.data for layer in self._layers], shape)
            self._shape = shape
        _ = self.network

    @property
    def network(self) -> nn.Sequential:
        """The torch module of the layers, NCHW in and out, built when first asked for; NetworkError without a shape.

        Training it trains the model and the other way round.
        """
        if self._network is None:
            if not self.built:
                lacks = (
                    "an input_shape: give the first layer one, or call build" if self._layers else "layers: add some"
                )
                raise NetworkError(f"{self.name} has no weights yet, it lacks {lacks}")
            keep_large_buffers()
            network = nn.Sequential([layer.data for layer in self._layers], input_shape=self._shape, name=self.name)
            network.to(choose_device())
            shapes = chain_shapes(network.layers, network.input_shape)
            for layer, shape in zip(self._layers, shapes, strict=False):
                layer.join(network.get_submodule(layer.name), shape)
            self._network = network.eval()
        return self._network

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of a batch that goes in; None stands for any number of images."""
        return (None, *self.network.input_shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of a batch that comes out."""
        return (None, *self.network.output_shape)

    @property
    def trainable(self) -> bool:
        """Whether any layer is trained; setting it sets all of them."""
        return any(layer.trainable for layer in self._layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._layers:
            layer.trainable = value

    @property
    def weights(self) -> list[Tensor]:
        """All weights as torch tensors, in Keras's order and torch's axes."""
        modules = [self.network.get_submodule(layer.name) for layer in self._layers]
        return [value for module in modules for _, _, value in weights.tensors(module)]

    @property
    def trainable_weights(self) -> list[Tensor]:
        """The weights that training changes."""
        return [value for value in self.weights if value.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Tensor]:
        """Moving averages, and what is frozen."""
        return [value for value in self.weights if not value.requires_grad]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights in Keras's order and axes."""
        _ = self.network
        return [value for layer in self._layers for value in layer.get_weights()]

    def set_weights(self, values: list[np.ndarray]) -> None:
        """Takes over what `get_weights` of a model with the same layers gave, Keras's own included."""
        weights.write(self.name, self.network, values)

    def count_params(self) -> int:
        """How many numbers all weights hold."""
        return sum(value.numel() for value in self.weights)

    def summary(self, line_length: int | None = None, positions: Any = None, print_fn: Any = None, **more: Any) -> None:
        """Prints the layers, their shapes and parameters as Keras does."""
        print_summary(self, line_length, positions, print_fn, **more)

    def __call__(self, x: Any, training: bool = False) -> Tensor:
        """What the layers make of a batch (n, height, width, channels), channels last, as a torch tensor."""
        batch = x if isinstance(x, Tensor) else torch.from_numpy(np.asarray(x))
        if self._shape is None:
            self.build(batch.shape)
        network = self.network.train(training)
        try:
            device = next((value.device for value in self.weights), batch.device)
            y = network(batch.to(device, torch.float32).movedim(-1, 1))
        finally:
            network.eval()
        return y.movedim(1, -1)


def _as_layer(layer: Any, owner: str) -> Layer:
    if isinstance(layer, Structure):
        data, shape = nn.Stage([one.data for one in layer.layers], name=layer.name), layer.network.input_shape
        stage, inner = wrap(data), data.build(shape)
        weights.share(inner, layer.network)
        stage.join(inner, shape)
        stage.input_shape_given, stage.parts = shape, layer.layers
        return stage
    if isinstance(layer, nn.Input):
        raise NetworkError(f"{owner} got an Input of opsin.nn; expected keras.Input")
    if isinstance(layer, nn.Layer):
        return wrap(layer)
    if isinstance(layer, Layer):
        return layer
    what = f"the class {layer.__name__}" if isinstance(layer, type) else repr(layer)
    raise NetworkError(f"{owner} got {what} for a layer; expected one of keras.layers, such as Dense(10)")
