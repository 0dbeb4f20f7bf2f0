"""Activation layers with parameters, as in Keras: ReLU, LeakyReLU, ELU, PReLU and Softmax."""

from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape

from ..initializers import INITIALIZERS, initialize
from ..layer import Layer, numel, shape_text, short_repr
from ..validation import as_count, as_float, check_choice
from .activations import ActivationModule, Function

MAX_SLOPE = 1e30
ALPHA_INITIALIZERS = tuple(name for name in INITIALIZERS if name != "dirac")


class FunctionModule(torch.nn.Module):
    """Applies a function; `text` is its description in the module's repr."""

    def __init__(self, function: Function, text: str) -> None:
        super().__init__()
        self.function, self.text = function, text

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)

    def extra_repr(self) -> str:
        return self.text


class PReLUModule(torch.nn.Module):
    """Applies trainable slopes to negative values. `alpha` is (channels, ...), with size 1 along shared axes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.alpha = torch.nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        alpha = self.alpha.to(x.dtype)
        if max(alpha.shape[1:], default=1) == 1:  # one slope per channel, or one for all
            return F.prelu(x, alpha.flatten())
        return F.relu(x) - alpha * F.relu(-x)

    def extra_repr(self) -> str:
        return shape_text(self.alpha.shape)


class AdvancedActivation(Layer):
    """Base class of activation layers with parameters. The output shape is the input shape."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


@dataclass(frozen=True, repr=False)
class ReLU(AdvancedActivation):
    """Rectified linear unit with optional threshold, negative slope and maximum.

    Returns max_value for x >= max_value, x for threshold <= x < max_value, and negative_slope * (x - threshold)
    otherwise.

    Args:
        max_value: Upper limit of the output. Default: none.
        negative_slope: Slope below the threshold.
        threshold: Input value below which the output is rectified, at least 0.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> ReLU(6.0).output_shape((4, 4, 8))
        (4, 4, 8)
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if cast(object, self.max_value) is not None:
            as_float(self, "max_value", 0, MAX_SLOPE)
        as_float(self, "negative_slope", 0, MAX_SLOPE)
        as_float(self, "threshold", 0, MAX_SLOPE)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        if self.max_value in (None, 6) and not self.negative_slope and not self.threshold:
            return ActivationModule("relu6" if self.max_value else "relu")
        text = f"max_value={self.max_value}, negative_slope={self.negative_slope}, threshold={self.threshold}"
        return FunctionModule(self._rectify, text)

    def _rectify(self, x: Tensor) -> Tensor:
        y = torch.where(x > self.threshold, x, 0.0) if self.threshold else F.relu(x)
        if self.max_value is not None:
            y = y.clamp(max=self.max_value)
        return y - self.negative_slope * F.relu(self.threshold - x) if self.negative_slope else y


@dataclass(frozen=True, repr=False)
class LeakyReLU(AdvancedActivation):
    """Rectified linear unit with a fixed slope for negative inputs.

    Args:
        negative_slope: Slope for negative inputs. Default: 0.3 as in Keras; `Activation("leaky_relu")` uses 0.2.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> LeakyReLU(0.1).negative_slope
        0.1
    """

    negative_slope: float = 0.3

    def __post_init__(self) -> None:
        as_float(self, "negative_slope", 0, MAX_SLOPE)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        function = partial(F.leaky_relu, negative_slope=self.negative_slope)
        return FunctionModule(function, f"negative_slope={self.negative_slope}")


@dataclass(frozen=True, repr=False)
class ELU(AdvancedActivation):
    """Exponential linear unit: alpha * (exp(x) - 1) for negative x (Clevert et al., arXiv:1511.07289).

    Args:
        alpha: Scale of the negative part: the output approaches -alpha.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> ELU(0.5).alpha
        0.5
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        as_float(self, "alpha", -MAX_SLOPE, MAX_SLOPE)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return FunctionModule(partial(F.elu, alpha=self.alpha), f"alpha={self.alpha}")


@dataclass(frozen=True, repr=False)
class PReLU(AdvancedActivation):
    """Rectified linear unit with trainable slopes for negative inputs (He et al., arXiv:1502.01852).

    Args:
        alpha_initializer: Initial slopes: "zeros" or a random initializer.
        shared_axes: Axes along which one slope is shared, counted from 1 as in Keras (0 is the batch): [1, 2] gives
            images one slope per channel. Default: one slope per input value.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> PReLU().trainable_parameters((8, 8, 4)), PReLU(shared_axes=[1, 2]).trainable_parameters((8, 8, 4))
        (256, 4)
    """

    alpha_initializer: str = "zeros"
    shared_axes: int | tuple[int, ...] | list[int] | None = None

    def __post_init__(self) -> None:
        check_choice(self, "alpha_initializer", ALPHA_INITIALIZERS)
        given: object = self.shared_axes
        if given is None:
            return
        items = cast("list[object]", list(given)) if isinstance(given, list | tuple) else [given]
        axes = [as_count(item, 1) for item in items]
        if any(axis is None or axis > 4 for axis in axes):
            raise self.fail(f"got shared_axes={short_repr(given)}. Expected integers from 1 to 4, or None.")
        object.__setattr__(self, "shared_axes", tuple(axes))

    def alpha_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the slopes, channels last.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            The input shape with 1 along shared axes.

        Raises:
            NetworkError: A shared axis does not exist.
        """
        shared = cast("tuple[int, ...]", self.shared_axes or ())
        if max(shared, default=0) > len(input_shape):
            raise self.fail(
                f"has shared_axes={shared} for an input of {shape_text(input_shape)}. Expected axes from 1 to "
                f"{len(input_shape)}."
            )
        return tuple(1 if axis in shared else size for axis, size in enumerate(input_shape, start=1))

    def output_shape(self, input_shape: Shape) -> Shape:
        self.alpha_shape(input_shape)
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        *positions, channels = self.alpha_shape(input_shape)
        module = PReLUModule((channels, *positions))
        receptive = numel(positions[:-1])
        fans = (positions[-1] if positions else channels) * receptive, channels * receptive  # computed as in Keras
        initialize(module.alpha, self.alpha_initializer, fans)
        return module

    def trainable_parameters(self, input_shape: Shape) -> int:
        return numel(self.alpha_shape(input_shape))


@dataclass(frozen=True, repr=False)
class Softmax(AdvancedActivation):
    """Converts the channels of each position to probabilities.

    As the last layer of a network it is applied to the predictions but not to the logits.

    Args:
        axis: Axis of the channels. Only -1 (the last axis) is supported.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Softmax().output_shape((10,))
        (10,)
    """

    axis: int = -1

    def __post_init__(self) -> None:
        check_choice(self, "axis", (-1,))

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return ActivationModule("softmax")
