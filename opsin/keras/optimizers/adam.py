"""Adam (Kingma and Ba, arXiv:1412.6980) and AdamW (Loshchilov and Hutter, arXiv:1711.05101), computed as in Keras."""

from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor
from torch.optim.adam import adam

from .arguments import Clipping, Common
from .optimizer import Optimizer
from .schedules import LearningRateSchedule


class Adam(Optimizer):
    """Adam optimizer.

    Args:
        learning_rate: Learning rate, or a schedule.
        beta_1: Decay rate of the moving mean of gradients.
        beta_2: Decay rate of the moving mean of squared gradients.
        epsilon: Added to the denominator.
        amsgrad: Use the maximum of the second moments (AMSGrad).
        common: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm` and `name`.

    Examples:
        >>> Adam().learning_rate
        0.001
    """

    slots: ClassVar[tuple[str, ...]] = ("momentum", "velocity", "velocity_hat")

    def __init__(
        self, learning_rate: float | LearningRateSchedule = 0.001, beta_1: float = 0.9, beta_2: float = 0.999,
        epsilon: float = 1e-7, amsgrad: bool = False, **common: Unpack[Common],
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, **common)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def active_slots(self) -> tuple[str, ...]:
        return self.slots if self.amsgrad else self.slots[:2]

    def step(self, gradients: list[Tensor], weights: list[Tensor], rate: float) -> None:
        # Keras adds epsilon before the second bias correction, torch after it: the same with this epsilon.
        correction = (1 - self.beta_2 ** (self.iterations + 1)) ** 0.5
        device = weights[0].device
        steps = [torch.tensor(float(self.iterations), device=device) for _ in weights]
        fused = device.type in ("cpu", "cuda") and all(weight.dtype == torch.float32 for weight in weights)
        adam(
            weights, gradients, self.slot("momentum", weights), self.slot("velocity", weights),
            self.slot("velocity_hat", weights) if self.amsgrad else [], steps,
            foreach=False, fused=fused, amsgrad=self.amsgrad, beta1=self.beta_1, beta2=self.beta_2, lr=rate,
            weight_decay=self.weight_decay or 0.0, decoupled_weight_decay=True, eps=self.epsilon / correction,
            maximize=False,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon, "amsgrad": self.amsgrad}
        return {**super().get_config(), **own}


class AdamW(Adam):
    """Adam with decoupled weight decay.

    Args:
        learning_rate: Learning rate, or a schedule.
        weight_decay: Each step subtracts this factor times the learning rate times the weight.
        beta_1: Decay rate of the moving mean of gradients.
        beta_2: Decay rate of the moving mean of squared gradients.
        epsilon: Added to the denominator.
        amsgrad: Use the maximum of the second moments (AMSGrad).
        common: `clipnorm`, `clipvalue`, `global_clipnorm` and `name`.
    """

    def __init__(
        self, learning_rate: float | LearningRateSchedule = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, **common: Unpack[Clipping],
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common)
