"""How far a run is, from 0 to 1, and the factor on the learning rate that follows from it."""

from dataclasses import dataclass

WARMUP = 0.1


def one_cycle(progress: float) -> float:
    """The factor on the learning rate: linear up over the first tenth, linear down to zero (Smith 2018).

    >>> [round(one_cycle(p), 3) for p in (0.0, 0.05, 0.1, 0.55, 1.0)]
    [0.01, 0.505, 1.0, 0.5, 0.0]
    """
    if progress < WARMUP:
        return 0.01 + 0.99 * progress / WARMUP
    return max(0.0, (1 - progress) / (1 - WARMUP))


@dataclass
class StepBudget:
    """Progress in steps: `advance` moves one step, `replan` spreads what is left of 1 over another number of steps.

    A run of a fixed number of epochs never replans. A run of so many minutes replans at every checkpoint from the time
    left and the seconds a step takes; the plan is part of the checkpoint, so a resumed run walks the same way.

    >>> plan = StepBudget(steps_left=4)
    >>> plan.advance(); plan.progress
    0.25
    """

    steps_left: int
    progress: float = 0.0

    @property
    def done(self) -> bool:
        """Whether no step is left."""
        return self.steps_left <= 0

    def advance(self) -> None:
        """One step nearer to the end."""
        self.progress = 1.0 if self.steps_left <= 1 else self.progress + (1 - self.progress) / self.steps_left
        self.steps_left -= 1

    def replan(self, seconds_left: float, seconds_per_step: float) -> None:
        """Spreads the rest of the way over the steps that still fit."""
        self.steps_left = max(1, int(seconds_left / seconds_per_step)) if seconds_left > 0 else 0
