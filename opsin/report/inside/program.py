"""A network of images as a list of operations with packed weights, for the interpreter on the page (network.js)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin import nn
from opsin.core import NetworkError, Shape
from opsin.nn import Layer, Sequential
from opsin.nn.composites import Composite, Residual, Stage, chain_shapes
from opsin.nn.layers.advanced_activations import AdvancedActivation
from opsin.nn.layers.convolution import Convolution
from opsin.nn.layers.cropping import Cropping
from opsin.nn.layers.depthwise import Depthwise, Separable
from opsin.nn.layers.global_pooling import GlobalPooling
from opsin.nn.layers.pooling import AveragePoolModule, Pooling
from opsin.nn.layers.transposed import Transposed
from opsin.nn.layers.upsampling import UpSampling
from opsin.nn.layers.zero_padding import ZeroPadding
from opsin.nn.padding import same_padding

Op = dict[str, Any]
ACTIVATIONS = (
    "linear", "relu", "relu6", "sigmoid", "tanh", "silu", "swish", "gelu", "elu", "softmax", "leaky_relu",
    "hard_sigmoid", "hard_silu", "hard_swish", "softplus",
)  # fmt: skip
"""Activation functions that the interpreter has."""


@dataclass
class Program:
    """Operations and their weights.

    Attributes:
        ops: One object for each layer, with those of its branches inside.
        halves: Kernels in half precision, one after the other.
        floats: Biases, scales and offsets in float32, one after the other.
    """

    ops: list[Op] = field(default_factory=list[Op])
    halves: list[np.ndarray] = field(default_factory=list[np.ndarray])
    floats: list[np.ndarray] = field(default_factory=list[np.ndarray])
    _counts: dict[str, int] = field(default_factory=lambda: {"halves": 0, "floats": 0})

    def kernel(self, value: Tensor) -> int:
        """Adds a kernel, rounded to half precision; returns its offset in values."""
        return self._add("halves", self.halves, value.detach().float().cpu().numpy().astype(np.float16))

    def vector(self, value: Tensor | None) -> int:
        """Adds a vector in float32; returns its offset in values, -1 for None."""
        if value is None:
            return -1
        return self._add("floats", self.floats, value.detach().float().cpu().numpy())

    def _add(self, name: str, parts: list[np.ndarray], value: np.ndarray) -> int:
        start = self._counts[name]
        parts.append(np.ascontiguousarray(value).ravel())
        self._counts[name] += value.size
        return start

    @property
    def weights(self) -> tuple[bytes, bytes]:
        """Little-endian bytes of `halves` and of `floats`."""
        packed: list[bytes] = []
        for parts, dtype in ((self.halves, "<f2"), (self.floats, "<f4")):
            packed.append(np.concatenate([*parts, np.zeros(0, dtype)]).astype(dtype).tobytes())
        return packed[0], packed[1]


def program_of(network: Sequential) -> Program:
    """Translates a trained network.

    Args:
        network: Network with the input (height, width, channels).

    Raises:
        NetworkError: The input is no image, or a layer is one that the page cannot run.
    """
    if len(network.input_shape) != 3:
        raise NetworkError(
            f"the network takes inputs of {network.input_shape}. Expected images (height, width, channels)."
        )
    program = Program()
    program.ops = _chain(program, network, network.layers, network.input_shape, "")
    return program


def _chain(program: Program, network: Sequential, layers: Any, shape: Shape, path: str) -> list[Op]:
    shapes = chain_shapes(layers, shape)
    return [
        _op(program, network, layer, before, after, f"{path}{layer.name}")
        for layer, before, after in zip(layers, shapes, shapes[1:], strict=False)
    ]


def _op(program: Program, network: Sequential, layer: Layer, before: Shape, after: Shape, path: str) -> Op:
    common: Op = {"path": path, "kind": type(layer).__name__, "shape": list(after)}
    if isinstance(layer, Composite):
        prefixes = {name: f"{path}/{name}/" if name else f"{path}/" for name in layer.branches}
        chains = {
            name: _chain(program, network, branch, before, prefixes[name]) for name, branch in layer.branches.items()
        }
        how = (
            "chain"
            if isinstance(layer, Stage)
            else "add"
            if isinstance(layer, Residual)
            else getattr(layer, "merge", "")
        )
        return {**common, "op": "branches", "merge": how, "branches": list(chains.values()), "names": list(chains)}
    module: Any = network.get_submodule(path.replace("/", "."))
    for kinds, describe in _RULES:
        if isinstance(layer, kinds):
            return {**common, **describe(program, layer, module, before)}
    raise NetworkError(f"layer {path} ({type(layer).__name__}) cannot run on the page.")


def _activation(name: str | None) -> str:
    name = name or "linear"
    if name not in ACTIVATIONS:
        raise NetworkError(f"activation {name} cannot run on the page. Expected one of {', '.join(ACTIVATIONS)}.")
    return name


def _padding(layer: Any, before: Shape) -> list[int]:
    window = layer.window
    if layer.padding != "same":
        return [0, 0]
    axes = zip(before[:2], window.extent, window.strides, strict=True)
    return [same_padding(*axis)[0] for axis in axes]


def _convolution(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    window = layer.window
    return {
        "op": "conv", "kernel": list(window.kernel), "strides": list(window.strides), "dilation": list(window.dilation),
        "pad": _padding(layer, before), "groups": module.groups, "activation": _activation(module.activation),
        # (out, in / groups, height, width) to (height, width, in / groups, out)
        "weight": program.kernel(module.weight.permute(2, 3, 1, 0)), "bias": program.vector(module.bias),
    }  # fmt: skip


def _separable(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    middle = layer.depthwise.output_shape(before)
    first = _convolution(program, layer.depthwise, module.depthwise, before)
    second = _convolution(program, layer.pointwise, module.pointwise, middle)
    last = layer.pointwise.output_shape(middle)
    return {"op": "steps", "steps": [{**first, "shape": list(middle)}, {**second, "shape": list(last)}]}


def _transposed(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    convolution = module.convolution
    return {
        "op": "transposed", "kernel": list(convolution.kernel_size), "strides": list(convolution.stride),
        "dilation": list(convolution.dilation), "cut": [layer.axis_geometry(axis)[3] for axis in (0, 1)],
        "activation": _activation(module.activation),
        "weight": program.kernel(convolution.weight.permute(2, 3, 0, 1)), "bias": program.vector(convolution.bias),
    }  # fmt: skip


def _dense(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    weight, bias = program.kernel(module.weight.T), program.vector(module.bias)
    return {"op": "dense", "activation": _activation(module.activation), "weight": weight, "bias": bias}


def _batch_norm(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    deviation = (module.running_var.double() + module.eps).sqrt()
    ones = torch.ones_like(deviation)
    scale = (ones if module.weight is None else module.weight.double()) / deviation
    offset = -module.running_mean.double() * scale
    offset = offset if module.bias is None else offset + module.bias.double()
    return {"op": "affine", "scale": program.vector(scale), "offset": program.vector(offset)}


def _norm(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    scale, offset = program.vector(module.weight), program.vector(module.bias)
    return {
        "op": "norm",
        "groups": getattr(module, "num_groups", 0),
        "eps": module.eps,
        "scale": scale,
        "offset": offset,
    }


def _pooling(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    window = layer.window
    return {
        "op": "pool", "kernel": list(window.kernel), "strides": list(window.strides), "pad": _padding(layer, before),
        "average": isinstance(module, AveragePoolModule),
    }  # fmt: skip


def _advanced(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    if isinstance(layer, nn.Softmax):
        return {"op": "activation", "activation": _activation(module.activation)}
    if isinstance(layer, nn.PReLU):
        height, width, channels = before
        slopes = module.alpha.expand(channels, height, width).permute(1, 2, 0)
        return {"op": "prelu", "slope": program.vector(slopes)}
    # any other: a table of the function, which is linear beyond it
    grid = torch.linspace(-16, 16, 2049)
    with torch.no_grad():
        return {"op": "table", "values": program.vector(module(grid[None])[0]), "count": 2049, "reach": 16}


def _pad(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    return {"op": "crop" if isinstance(layer, Cropping) else "pad", "pairs": [list(pair) for pair in layer.pairs]}


def _small(program: Program, layer: Any, module: Any, before: Shape) -> Op:
    """Describes layers without or with a single vector of weights."""
    if isinstance(layer, nn.LayerScale):
        return {"op": "affine", "scale": program.vector(module.weight), "offset": -1}
    if isinstance(layer, GlobalPooling):
        return {"op": "global", "average": not module.largest}
    if isinstance(layer, nn.Activation):
        return {"op": "activation", "activation": _activation(module.activation)}
    if isinstance(layer, UpSampling):
        return {"op": "upsample", "size": list(module.size), "mode": layer.interpolation_mode}
    if isinstance(layer, nn.Rescaling):
        return {"op": "rescale", "scale": layer.scale, "offset": layer.offset}
    return {"op": "reshape" if isinstance(layer, nn.Flatten | nn.Reshape) else "dropout"}


_RULES: tuple[tuple[Any, Callable[[Program, Any, Any, Shape], Op]], ...] = (
    ((Convolution, Depthwise), _convolution),
    (Separable, _separable),
    (Transposed, _transposed),
    (nn.Dense, _dense),
    (nn.BatchNormalization, _batch_norm),
    ((nn.LayerNormalization, nn.GroupNormalization), _norm),
    (Pooling, _pooling),
    (AdvancedActivation, _advanced),
    ((ZeroPadding, Cropping), _pad),
    ((nn.LayerScale, GlobalPooling, nn.Activation, UpSampling, nn.Rescaling), _small),
    ((nn.Flatten, nn.Reshape, nn.Dropout, nn.SpatialDropout2D), _small),
)
"""Layers and the functions that describe them; the first that fits is taken."""
