"""Stochastic gradient descent, optionally with momentum or Nesterov momentum."""

from typing import Any, ClassVar, Unpack

from torch import Tensor

from opsin.core import OpsinError

from .arguments import Common
from .optimizer import Optimizer
from .schedules import LearningRateSchedule


class SGD(Optimizer):
    """Stochastic gradient descent optimizer.

    Args:
        learning_rate: Learning rate, or a schedule.
        momentum: Momentum, from 0 to 1.
        nesterov: Use Nesterov momentum.
        common: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm` and `name`.

    Examples:
        >>> SGD().learning_rate
        0.01
    """

    slots: ClassVar[tuple[str, ...]] = ("momentum",)

    def __init__(
        self, learning_rate: float | LearningRateSchedule = 0.01, momentum: float = 0.0, nesterov: bool = False,
        **common: Unpack[Common],
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, **common)
        if isinstance(momentum, bool) or not isinstance(momentum, int | float) or not 0 <= momentum <= 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise OpsinError(f"SGD got momentum={momentum!r}. Expected a number from 0 to 1.")
        self.momentum, self.nesterov = float(momentum), nesterov

    def active_slots(self) -> tuple[str, ...]:
        return self.slots if self.momentum else ()

    def step(self, gradients: list[Tensor], weights: list[Tensor], rate: float) -> None:
        self.decay(weights, rate)
        for weight, gradient in zip(weights, gradients, strict=True):
            if not self.momentum:
                weight.add_(gradient, alpha=-rate)
                continue
            moving = self.state[weight]["momentum"].mul_(self.momentum).add_(gradient, alpha=-rate)
            if self.nesterov:
                weight.add_(gradient, alpha=-rate).add_(moving, alpha=self.momentum)
            else:
                weight.add_(moving)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
