"""Activations with numbers of their own, given or learned, as Keras has them as layers: ReLU to PReLU, and Softmax."""

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

MOST_SLOPE = 1e30
ALPHA_INITIALIZERS = tuple(name for name in INITIALIZERS if name != "dirac")


class RectifierModule(torch.nn.Module):
    """Applies a function whose numbers are settled; `said` is what it prints as."""

    def __init__(self, function: Function, said: str) -> None:
        super().__init__()
        self.function, self.said = function, said

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)

    def extra_repr(self) -> str:
        return self.said


class PReLUModule(torch.nn.Module):
    """A learned slope for what is negative; `alpha` has the input's axes, channels first, 1 where it is shared."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.alpha = torch.nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        alpha = self.alpha.to(x.dtype)
        if max(alpha.shape[1:], default=1) == 1:  # one for each channel, or one for all
            return F.prelu(x, alpha.flatten())
        return F.relu(x) - alpha * F.relu(-x)

    def extra_repr(self) -> str:
        return shape_text(self.alpha.shape)


class Rectifier(Layer):
    """What the activations with settings share: the shape stays."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


@dataclass(frozen=True, repr=False)
class ReLU(Rectifier):
    """Zero below `threshold` (or `negative_slope` times the way below it), cut at `max_value` where that is given.

    >>> ReLU(6.0).output_shape((4, 4, 8))
    (4, 4, 8)
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if cast(object, self.max_value) is not None:
            as_float(self, "max_value", 0, MOST_SLOPE)
        as_float(self, "negative_slope", 0, MOST_SLOPE)
        as_float(self, "threshold", 0, MOST_SLOPE)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        if self.max_value in (None, 6) and not self.negative_slope and not self.threshold:
            return ActivationModule("relu6" if self.max_value else "relu")
        said = f"max_value={self.max_value}, negative_slope={self.negative_slope}, threshold={self.threshold}"
        return RectifierModule(self._rectify, said)

    def _rectify(self, x: Tensor) -> Tensor:
        y = torch.where(x > self.threshold, x, 0.0) if self.threshold else F.relu(x)
        if self.max_value is not None:
            y = y.clamp(max=self.max_value)
        return y - self.negative_slope * F.relu(self.threshold - x) if self.negative_slope else y


@dataclass(frozen=True, repr=False)
class LeakyReLU(Rectifier):
    """What is negative times `negative_slope`; Keras's default is 0.3, that of `Activation("leaky_relu")` 0.2.

    >>> LeakyReLU(0.1).negative_slope
    0.1
    """

    negative_slope: float = 0.3

    def __post_init__(self) -> None:
        as_float(self, "negative_slope", 0, MOST_SLOPE)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        function = partial(F.leaky_relu, negative_slope=self.negative_slope)
        return RectifierModule(function, f"negative_slope={self.negative_slope}")


@dataclass(frozen=True, repr=False)
class ELU(Rectifier):
    """alpha * (exp(x) - 1) for what is negative (Clevert et al., arXiv:1511.07289).

    >>> ELU(0.5).alpha
    0.5
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        as_float(self, "alpha", -MOST_SLOPE, MOST_SLOPE)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return RectifierModule(partial(F.elu, alpha=self.alpha), f"alpha={self.alpha}")


@dataclass(frozen=True, repr=False)
class PReLU(Rectifier):
    """What is negative times a learned slope: one for each number of the input (He et al., arXiv:1502.01852).

    `shared_axes` are the axes along which the slope is the same, counted as Keras does from 1, the batch being 0:
    [1, 2] gives images one slope a channel.

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
            raise self.fail(f"takes whole numbers from 1 to 4, or None, for shared_axes, got {short_repr(given)}")
        object.__setattr__(self, "shared_axes", tuple(axes))

    def alpha_shape(self, input_shape: Shape) -> Shape:
        """The shape of the slopes, channels last; NetworkError when an axis that they share is not there."""
        shared = cast("tuple[int, ...]", self.shared_axes or ())
        if max(shared, default=0) > len(input_shape):
            raise self.fail(
                f"shares the slope along axis {max(shared)}, which {shape_text(input_shape)} does not have: take axes "
                f"from 1 to {len(input_shape)}"
            )
        return tuple(1 if axis in shared else size for axis, size in enumerate(input_shape, start=1))

    def output_shape(self, input_shape: Shape) -> Shape:
        self.alpha_shape(input_shape)
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        *positions, channels = self.alpha_shape(input_shape)
        module = PReLUModule((channels, *positions))
        receptive = numel(positions[:-1])
        fans = (positions[-1] if positions else channels) * receptive, channels * receptive  # as Keras counts them
        initialize(module.alpha, self.alpha_initializer, fans)
        return module

    def trainable_parameters(self, input_shape: Shape) -> int:
        return numel(self.alpha_shape(input_shape))


@dataclass(frozen=True, repr=False)
class Softmax(Rectifier):
    """Probabilities of each position's channels; as a network's last layer it is left out of the logits.

    >>> Softmax().output_shape((10,))
    (10,)
    """

    axis: int = -1

    def __post_init__(self) -> None:
        check_choice(self, "axis", (-1,))

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return ActivationModule("softmax")
