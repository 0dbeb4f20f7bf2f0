"""Learning rate schedules."""

import math
from collections.abc import Sequence
from typing import Any

from opsin.core import OpsinError

from ..missing import missing as _missing


class LearningRateSchedule:
    """Base class of all schedules: a function of the number of completed steps."""

    def __call__(self, step: int) -> float:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the schedule."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}


class ExponentialDecay(LearningRateSchedule):
    """Exponential decay: `initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps per factor `decay_rate`.
        decay_rate: Factor.
        staircase: Change the rate only every `decay_steps` steps.
        name: Name of the schedule.

    Examples:
        >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
        0.025
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name
        _positive(name, decay_steps=decay_steps)

    def __call__(self, step: int) -> float:
        periods = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (math.floor(periods) if self.staircase else periods)


class CosineDecay(LearningRateSchedule):
    """Cosine decay, optionally after a linear warmup.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps of the decay.
        alpha: Final learning rate as a share of the highest one.
        name: Name of the schedule.
        warmup_target: Learning rate at the end of the warmup. None: no warmup.
        warmup_steps: Number of steps of the warmup.

    Examples:
        >>> CosineDecay(0.1, decay_steps=10)(5)
        0.05
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0, name: str = "CosineDecay",
        warmup_target: float | None = None, warmup_steps: int = 0,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps
        _positive(name, decay_steps=decay_steps)

    def __call__(self, step: int) -> float:
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return top + (self.warmup_target - top) * step / self.warmup_steps
            top, step = self.warmup_target, step - self.warmup_steps
        share = 0.5 * (1 + math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps))
        return top * ((1 - self.alpha) * share + self.alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """Constant learning rates between boundaries.

    Args:
        boundaries: Last step of each value, in rising order.
        values: Learning rates; one more than boundaries.
        name: Name of the schedule.

    Examples:
        >>> PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])(11)
        0.01
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(values) != len(boundaries) + 1:
            raise OpsinError(
                f"{name} got {len(boundaries)} boundaries and {len(values)} values. Expected one value more."
            )
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def __call__(self, step: int) -> float:
        return float(self.values[sum(step > boundary for boundary in self.boundaries)])


class PolynomialDecay(LearningRateSchedule):
    """Polynomial decay from the initial to the final learning rate.

    Args:
        initial_learning_rate: Learning rate of the first step.
        decay_steps: Number of steps of the decay.
        end_learning_rate: Final learning rate.
        power: Exponent; 1 is linear.
        cycle: Not supported; must be False.
        name: Name of the schedule.
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, end_learning_rate: float = 0.0001, power: float = 1.0,
        cycle: bool = False, name: str = "PolynomialDecay",
    ) -> None:  # fmt: skip
        if cycle:
            raise OpsinError(
                f"{name} does not support cycle=True. Expected False. Fix: use ExponentialDecay or CosineDecay."
            )
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name
        _positive(name, decay_steps=decay_steps)

    def __call__(self, step: int) -> float:
        left = 1 - min(step, self.decay_steps) / self.decay_steps
        return (self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate


SCHEDULES: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (ExponentialDecay, CosineDecay, PiecewiseConstantDecay, PolynomialDecay)
}


def _positive(name: str, **numbers: float) -> None:
    for key, value in numbers.items():
        if not value > 0:
            raise OpsinError(f"{name} got {key}={value!r}. Expected a number above 0.")


__getattr__ = _missing(__name__)
