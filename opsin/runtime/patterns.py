"""Patterns of neighbouring layers that run as one step, in training and in prediction.

| pattern | in training | in prediction |
|---|---|---|
| zero padding + convolution | the convolution pads | the convolution pads |
| convolution + batch normalization | folded while its statistics are frozen, in bfloat16 | folded |
| convolution, dense or residual sum + activation | one operation after a convolution (ReLU, ReLU6) | one operation |
| ReLU or ReLU6 + max pooling | pooling first: fewer values to activate | pooling first, unless part of a convolution |
| residual sum | two operations | part of the last convolution of the body |
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from opsin.nn.composites import ResidualModule
from opsin.nn.layers.activations import ActivationModule
from opsin.nn.layers.convolution import Conv2dModule, ConvolutionModule
from opsin.nn.layers.dense import DenseModule
from opsin.nn.layers.pooling import MaxPoolModule
from opsin.nn.layers.zero_padding import ZeroPaddingModule

LINEAR = (None, "linear")
MONOTONIC = ("relu", "relu6")
"""Activations that give the same values and gradients before and after max pooling."""
Named = tuple[str, torch.nn.Module]


@dataclass(frozen=True)
class Step:
    """Neighbouring modules that run as one.

    Attributes:
        modules: All modules with their names, in order.
        padding: Zero padding before the operation.
        operation: Convolution or any other module.
        norm: Batch normalization after a convolution.
        activation: Activation after that.
        pool: Max pooling after that.
    """

    modules: tuple[Named, ...]
    padding: ZeroPaddingModule | None = None
    operation: torch.nn.Module | None = None
    norm: torch.nn.BatchNorm2d | None = None
    activation: ActivationModule | None = None
    pool: MaxPoolModule | None = None

    @cached_property
    def activation_name(self) -> str | None:
        """Name of the activation, the convolution's or dense layer's own or the one of a module after it."""
        own: str | None = getattr(self.operation, "activation", None)
        return own if self.activation is None else self.activation.activation

    def name_of(self, module: torch.nn.Module) -> str:
        """Returns the name of one of the modules."""
        return next(name for name, one in self.modules if one is module)


@dataclass(frozen=True)
class Pattern:
    """A rule by which the next module joins a step.

    Attributes:
        name: Words for the modules.
        matches: Returns True if the module joins the step.
        role: Field of the step that the module takes.
    """

    name: str
    matches: Callable[[Step, torch.nn.Module], bool]
    role: str


def _is_padded_convolution(step: Step, following: torch.nn.Module) -> bool:
    padding_only = step.padding is not None and step.operation is None
    return padding_only and isinstance(following, Conv2dModule) and following.same is None


def _is_normalized_convolution(step: Step, following: torch.nn.Module) -> bool:
    normalizes = isinstance(following, torch.nn.BatchNorm2d) and following.track_running_stats
    bare = isinstance(step.operation, Conv2dModule) and step.operation.activation is None
    return normalizes and bare and step.norm is None and step.activation is None and step.pool is None


def _is_activated_operation(step: Step, following: torch.nn.Module) -> bool:
    operation = isinstance(step.operation, Conv2dModule | DenseModule | ResidualModule)
    return isinstance(following, ActivationModule) and operation and step.activation_name in LINEAR and not step.pool


def _is_pooled_activation(step: Step, following: torch.nn.Module) -> bool:
    activates = step.activation is not None or isinstance(step.operation, ConvolutionModule)
    return type(following) is MaxPoolModule and activates and step.activation_name in MONOTONIC and not step.pool


PATTERNS = (
    Pattern("zero padding, convolution", _is_padded_convolution, "operation"),
    Pattern("convolution, batch normalization", _is_normalized_convolution, "norm"),
    Pattern("convolution, dense or residual sum, activation", _is_activated_operation, "activation"),
    Pattern("ReLU, max pooling", _is_pooled_activation, "pool"),
)
"""The table. A module joins the step before it by the first pattern that matches."""


def merge(modules: Iterable[Named], is_separate: Callable[[torch.nn.Module], bool] = lambda _: False) -> list[Step]:
    """Groups the modules of a chain into steps.

    Args:
        modules: Named modules in order.
        is_separate: Returns True for a module that joins no step, such as one with hooks.
    """
    steps: list[Step] = []
    for name, module in modules:
        joins = bool(steps) and not is_separate(module) and not is_separate(steps[-1].modules[-1][1])
        pattern = next((one for one in PATTERNS if joins and one.matches(steps[-1], module)), None)
        if pattern is None:
            role: Any = {_role(module): module}
            steps.append(Step(((name, module),), **role))
        else:
            role = {pattern.role: module}
            steps[-1] = replace(steps[-1], modules=(*steps[-1].modules, (name, module)), **role)
    return steps


def _role(module: torch.nn.Module) -> str:
    if isinstance(module, ZeroPaddingModule):
        return "padding"
    return "activation" if isinstance(module, ActivationModule) else "operation"


def takes_sum(body: torch.nn.Module) -> bool:
    """Returns True if the sum of a residual layer can be part of the last convolution of its body."""
    steps = merge(body.named_children())
    last = steps[-1] if steps else None
    return last is not None and isinstance(last.operation, Conv2dModule) and last.activation_name in LINEAR
