"""Base class of optimizers, with Keras's arguments and arithmetic."""

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from opsin.core import OpsinError
from opsin.nn.naming import snake_case

from .arguments import UNSUPPORTED, Common, check_known, signature
from .schedules import LearningRateSchedule


class Optimizer:
    """Base class of all optimizers.

    Args:
        learning_rate: Learning rate, or a schedule. A number can be changed at any time.
        common: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm` and `name`.

    Raises:
        OpsinError: An argument is invalid or not supported.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """Names of the state tensors of each weight."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__signature__ = signature(cls)  # pyright: ignore[reportAttributeAccessIssue]

    def __init__(self, learning_rate: float | LearningRateSchedule, **common: Unpack[Common]) -> None:
        label = type(self).__name__
        check_known(type(self), dict(common))
        self.name = common.get("name") or snake_case(label)
        self.weight_decay = common.get("weight_decay")
        self.clipnorm, self.clipvalue = common.get("clipnorm"), common.get("clipvalue")
        self.global_clipnorm = common.get("global_clipnorm")
        if sum(value is not None for value in (self.clipnorm, self.clipvalue, self.global_clipnorm)) > 1:
            raise OpsinError(f"{label} got several of clipnorm, clipvalue and global_clipnorm. Expected at most one.")
        self.iterations = 0
        self.state: dict[Tensor, dict[str, Tensor]] = {}
        self._rate: float | LearningRateSchedule = 0.0
        self.learning_rate = learning_rate

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return float(self._rate(self.iterations)) if isinstance(self._rate, LearningRateSchedule) else self._rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(self._rate, LearningRateSchedule) and not isinstance(value, LearningRateSchedule):
            raise OpsinError(
                f"{self.name} follows a schedule: learning_rate cannot be set. Fix: compile with a number."
            )
        self._rate = value if isinstance(value, LearningRateSchedule) else _rate(type(self).__name__, value)

    @torch.no_grad()
    def apply(self, gradients: Sequence[Tensor], weights: Sequence[Tensor]) -> None:
        """Updates the weights by one step.

        Args:
            gradients: Gradient of each weight.
            weights: Weights, updated in place.
        """
        for weight in weights:
            if weight not in self.state:
                self.state[weight] = {slot: torch.zeros_like(weight) for slot in self.active_slots()}
        # The fused kernels treat weights, gradients and state as flat memory: all need the same strides.
        aligned = [g if g.stride() == w.stride() else torch.empty_like(w).copy_(g)
                   for g, w in zip(gradients, weights, strict=True)]  # fmt: skip
        self.step(self._clipped(aligned), list(weights), self.learning_rate)
        self.iterations += 1

    def step(self, gradients: list[Tensor], weights: list[Tensor], rate: float) -> None:
        """Updates the weights from clipped gradients, including weight decay."""
        raise NotImplementedError

    def active_slots(self) -> tuple[str, ...]:
        """Returns the names of the state tensors that the settings need."""
        return self.slots

    def slot(self, name: str, weights: Sequence[Tensor]) -> list[Tensor]:
        """Returns one state tensor of each weight."""
        return [self.state[weight][name] for weight in weights]

    def decay(self, weights: Sequence[Tensor], rate: float) -> None:
        """Applies weight decay: subtracts `weight_decay` times the learning rate times the weight."""
        if self.weight_decay:
            for weight in weights:
                weight.mul_(1 - rate * self.weight_decay)

    def count_params(self) -> int:
        """Returns the number of optimizer variables, including step and learning rate, as Keras does."""
        count = sum(value.numel() for slots in self.state.values() for value in slots.values())
        scheduled = isinstance(self._rate, LearningRateSchedule)
        return count + (1 if scheduled else 2) if self.state or self.iterations else 0

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the optimizer."""
        rate: Any = self._rate
        if isinstance(rate, LearningRateSchedule):
            rate = {"module": "keras.optimizers.schedules", "class_name": type(rate).__name__,
                    "config": rate.get_config(), "registered_name": None}  # fmt: skip
        return {"name": self.name, "learning_rate": rate, "weight_decay": self.weight_decay, "clipnorm": self.clipnorm,
                "global_clipnorm": self.global_clipnorm, "clipvalue": self.clipvalue, **UNSUPPORTED}  # fmt: skip

    def _clipped(self, gradients: list[Tensor]) -> list[Tensor]:
        if self.clipnorm:
            return [g * torch.clamp(self.clipnorm / g.norm().clamp(min=1e-30), max=1) for g in gradients]
        if self.global_clipnorm:
            norm = torch.stack([g.square().sum() for g in gradients]).sum().sqrt()
            return [g * torch.clamp(self.global_clipnorm / norm.clamp(min=1e-30), max=1) for g in gradients]
        if self.clipvalue:
            return [g.clamp(-self.clipvalue, self.clipvalue) for g in gradients]
        return gradients


def _rate(label: str, value: Any) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError):
        rate = float("nan")
    if not 0 <= rate < float("inf"):
        raise OpsinError(f"{label} got learning_rate={value!r}. Expected a number of at least 0, or a schedule.")
    return rate
