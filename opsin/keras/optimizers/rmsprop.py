"""RMSprop, computed as in Keras: epsilon is added under the root."""

from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from .arguments import Common
from .optimizer import Optimizer
from .schedules import LearningRateSchedule


class RMSprop(Optimizer):
    """RMSprop optimizer.

    Args:
        learning_rate: Learning rate, or a schedule.
        rho: Decay rate of the moving mean of squared gradients.
        momentum: Momentum of the steps.
        epsilon: Added to the mean square.
        centered: Subtract the squared mean of the gradients from the mean square.
        common: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm` and `name`.

    Examples:
        >>> RMSprop().rho
        0.9
    """

    slots: ClassVar[tuple[str, ...]] = ("velocity", "momentum", "average_gradient")

    def __init__(
        self, learning_rate: float | LearningRateSchedule = 0.001, rho: float = 0.9, momentum: float = 0.0,
        epsilon: float = 1e-7, centered: bool = False, **common: Unpack[Common],
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, **common)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def active_slots(self) -> tuple[str, ...]:
        return ("velocity", *("momentum",) * (self.momentum > 0), *("average_gradient",) * self.centered)

    def step(self, gradients: list[Tensor], weights: list[Tensor], rate: float) -> None:
        self.decay(weights, rate)
        for weight, gradient in zip(weights, gradients, strict=True):
            slots = self.state[weight]
            square = slots["velocity"].mul_(self.rho).addcmul_(gradient, gradient, value=1 - self.rho)
            if self.centered:
                mean = slots["average_gradient"].mul_(self.rho).add_(gradient, alpha=1 - self.rho)
                square = square - mean.square()
            increment = gradient * rate / torch.sqrt(square + self.epsilon)
            if self.momentum > 0:
                increment = slots["momentum"].mul_(self.momentum).add_(increment)
            weight.sub_(increment)

    def get_config(self) -> dict[str, Any]:
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon, "centered": self.centered}
        return {**super().get_config(), **own}
