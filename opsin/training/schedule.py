"""Progress of a run from 0 to 1, and the learning-rate schedule."""

from dataclasses import dataclass

WARMUP = 0.1
VALIDATE_EVERY = 0.02
"""Least progress between two validations."""


def one_cycle(progress: float) -> float:
    """Returns the factor on the learning rate: linear warm-up over the first tenth, linear decay to 0 (Smith 2018).

    Args:
        progress: Progress of the run from 0 to 1.

    Examples:
        >>> [round(one_cycle(p), 3) for p in (0.0, 0.05, 0.1, 0.55, 1.0)]
        [0.01, 0.505, 1.0, 0.5, 0.0]
    """
    if progress < WARMUP:
        return 0.01 + 0.99 * progress / WARMUP
    return max(0.0, (1 - progress) / (1 - WARMUP))


@dataclass
class StepBudget:
    """Progress of a run in steps.

    A run with a fixed number of epochs keeps its number of steps. A run with a time limit replans where it saves a
    checkpoint (`time_limit`); the plan is part of the checkpoint, so a resumed run follows it.

    Args:
        steps_left: Number of steps left.
        progress: Progress from 0 to 1.

    Examples:
        >>> plan = StepBudget(steps_left=4)
        >>> plan.advance(); plan.progress
        0.25
    """

    steps_left: int
    progress: float = 0.0

    @property
    def done(self) -> bool:
        """Returns True when no step is left."""
        return self.steps_left <= 0

    def advance(self) -> None:
        """Moves the progress on by one step."""
        self.progress = 1.0 if self.steps_left <= 1 else self.progress + (1 - self.progress) / self.steps_left
        self.steps_left -= 1

    def replan(self, steps: int) -> None:
        """Spreads the remaining progress over another number of steps; 0 ends the run."""
        self.steps_left = steps
