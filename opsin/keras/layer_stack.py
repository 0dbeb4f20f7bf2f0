"""A list of layers that can grow, with shapes and weights. The network is built when it is first needed."""

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
from .layers.layer import Layer, check_shape
from .layers.wrapping import wrap
from .missing import CALL_FIX, MODEL_FIX, MODEL_HOOKS, refuse_attribute, refuse_hooks
from .naming import auto_name
from .summary import print_summary


class LayerStack:
    """Layers in order, as in Keras's Sequential.

    Args:
        layers: Layers of keras.layers or opsin.nn, models, or an Input as the first entry.
        trainable: False freezes all layers.
        name: Name of the model. None: "sequential" and a number.
    """

    def __init__(self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        self.name = name or auto_name("Sequential")
        self._layers: list[Layer] = []
        self._shape: Shape | None = None
        self._network: nn.Sequential | None = None
        for layer in layers or ():
            self.add(layer)
        if not trainable:
            self.trainable = False
        self._build_if_possible()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        refuse_hooks(cls, MODEL_HOOKS, MODEL_FIX)

    @classmethod
    def from_network(cls, network: nn.Sequential) -> Self:
        """Returns a model that shares the layers and weights of a network.

        Args:
            network: A built network, such as one from `opsin.zoo` or a file.
        """
        model = cls(name=network.name)
        model._layers = [wrap(data) for data in network.layers]
        model._shape = network.input_shape
        shapes = chain_shapes(network.layers, network.input_shape)
        for layer, shape in zip(model._layers, shapes, strict=False):
            layer.attach(network.get_submodule(layer.name), shape)
        model._network = network.to(choose_device())
        return model

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Adds a layer at the end.

        Args:
            layer: Layer of keras.layers or opsin.nn, a model, or an Input as the first entry.

        Raises:
            NetworkError: The layer does not fit the output of the layers before it.
        """
        if isinstance(layer, InputLayer):
            if self._layers or self._shape:
                raise NetworkError(f"{self.name} already has layers. Expected Input as the first entry only.")
            self._shape = layer.shape
            return
        layer = _as_layer(layer, self.name)
        if not self._layers and self._shape is None:
            self._shape = layer.declared_shape
        name_layers([*(one.data for one in self._layers), layer.data], frozenset())
        if self._shape is not None:
            chain_shapes([*(one.data for one in self._layers), layer.data], self._shape)
        self._layers.append(layer)
        self._network = None

    def pop(self, rebuild: bool = True) -> Layer:
        """Removes and returns the last layer."""
        if not self._layers:
            raise NetworkError(f"{self.name} has no layers. Expected at least one for pop().")
        self._network = None
        return self._layers.pop()

    @property
    def layers(self) -> list[Layer]:
        """Layers without the Input. They have their weights if the input shape is known."""
        self._build_if_possible()
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Returns the layer with a name or an index.

        Args:
            name: Name of the layer.
            index: Position of the layer; negative values count from the end.

        Raises:
            NetworkError: There is no such layer; the message lists the names.
        """
        self._build_if_possible()
        if index is not None and -len(self._layers) <= index < len(self._layers):
            return self._layers[index]
        found = [layer for layer in self._layers if layer.name == name]
        if not found or index is not None:
            names = ", ".join(layer.name for layer in self._layers)
            raise NetworkError(f"{self.name} has no layer {name if index is None else index!r}; it has {names}")
        return found[0]

    def _build_if_possible(self) -> None:
        if self.built:
            _ = self.network

    @property
    def built(self) -> bool:
        """True if the input shape is known, and with it the shapes of all weights."""
        return self._shape is not None and bool(self._layers)

    def build(self, input_shape: Any = None) -> None:
        """Builds the network and initializes its weights.

        Args:
            input_shape: Shape of a batch, (None, height, width, channels), if no layer declares it.

        Raises:
            NetworkError: The shape is missing, does not fit the layers, or differs from the shape of a built model.
        """
        if input_shape is not None:
            shape = check_shape(self.name, tuple(input_shape)[1:])
            if self._shape is not None and self._shape != shape:
                raise NetworkError(
                    f"{self.name} got the input shape {shape}. Expected {self._shape}. Fix: create a new model."
                )
            chain_shapes([layer.data for layer in self._layers], shape)
            self._shape = shape
        _ = self.network

    @property
    def network(self) -> nn.Sequential:
        """Torch module of the layers, channels first, built at the first access. It shares its weights with the model.

        Raises:
            NetworkError: There are no layers, or the input shape is unknown.
        """
        if self._network is None:
            if not self.built:
                problem = (
                    "input_shape. Fix: give the first layer one, or call build"
                    if self._layers
                    else "layers. Fix: add some"
                )
                raise NetworkError(f"{self.name} has no {problem}.")
            keep_large_buffers()
            network = nn.Sequential([layer.data for layer in self._layers], input_shape=self._shape, name=self.name)
            network.to(choose_device())
            shapes = chain_shapes(network.layers, network.input_shape)
            for layer, shape in zip(self._layers, shapes, strict=False):
                layer.attach(network.get_submodule(layer.name), shape)
            self._network = network.eval()
        return self._network

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of an input batch; None for the batch axis."""
        return (None, *self.network.input_shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of an output batch; None for the batch axis."""
        return (None, *self.network.output_shape)

    @property
    def trainable(self) -> bool:
        """True if any layer is trainable. Setting it sets all layers."""
        return any(layer.trainable for layer in self._layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._layers:
            layer.trainable = value

    @property
    def weights(self) -> list[Tensor]:
        """All weights as torch tensors, in Keras's order and with torch's axes."""
        modules = [self.network.get_submodule(layer.name) for layer in self._layers]
        return [value for module in modules for _, _, value in weights.tensors(module)]

    @property
    def trainable_weights(self) -> list[Tensor]:
        """Weights that training updates."""
        return [value for value in self.weights if value.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Tensor]:
        """Moving averages and weights of frozen layers."""
        return [value for value in self.weights if not value.requires_grad]

    def get_weights(self) -> list[np.ndarray]:
        """Returns copies of all weights in Keras's order and axes."""
        _ = self.network
        return [value for layer in self._layers for value in layer.get_weights()]

    def set_weights(self, values: list[np.ndarray]) -> None:
        """Sets all weights.

        Args:
            values: Arrays from `get_weights` of a model of Opsin or Keras with the same layers.

        Raises:
            NetworkError: The number or a shape of the arrays differs.
        """
        weights.write(self.name, self.network, values)

    def count_params(self) -> int:
        """Returns the number of weights."""
        return sum(value.numel() for value in self.weights)

    def summary(self, line_length: int | None = None, positions: Any = None, print_fn: Any = None, **more: Any) -> None:
        """Prints a table of the layers with output shapes and parameters, as Keras does.

        Args:
            line_length: Width of the table in characters. None: the terminal's width, at most 88.
            positions: Right edges of the columns as shares of the width.
            print_fn: Function that receives the text. None: print.
            more: `show_trainable=True` adds a column.
        """
        print_summary(self, line_length, positions, print_fn, **more)

    def __call__(self, x: Any, training: bool = False) -> Tensor:
        """Returns the outputs of a batch as a torch tensor, channels last.

        Args:
            x: Inputs (n, height, width, channels).
            training: Use dropout and batch statistics.
        """
        if isinstance(x, InputLayer):
            raise NetworkError(
                f"{self.name} is called on an Input, but opsin.keras has no functional API. Fix: {CALL_FIX}."
            )
        refuse_hooks(self, MODEL_HOOKS, MODEL_FIX)
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

    def __getattr__(self, name: str) -> Any:
        refuse_attribute(type(self).__name__, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


def _as_layer(layer: Any, owner: str) -> Layer:
    if isinstance(layer, LayerStack):
        data, shape = nn.Stage([one.data for one in layer.layers], name=layer.name), layer.network.input_shape
        stage, inner = wrap(data), data.build(shape)
        weights.share(inner, layer.network)
        stage.attach(inner, shape)
        stage.declared_shape, stage.sublayers = shape, layer.layers
        return stage
    if isinstance(layer, nn.Input):
        raise NetworkError(f"{owner} got an Input of opsin.nn. Expected keras.Input.")
    if isinstance(layer, nn.Layer):
        return wrap(layer)
    if isinstance(layer, Layer):
        return layer
    value = f"the class {layer.__name__}" if isinstance(layer, type) else repr(layer)
    raise NetworkError(f"{owner} got {value} as a layer. Expected an object of keras.layers, such as Dense(10).")
