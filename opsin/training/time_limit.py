"""Number of steps that fit into a time limit, measured again while the network trains."""

import math
from array import array
from bisect import bisect_left
from dataclasses import dataclass

from .schedule import VALIDATE_EVERY, StepBudget

MEASURED_STEPS = 3
"""Least number of steps that a measured pace is the mean of; fewer only at the start of a run."""
FIRST_STEPS, LONG_START = 20, 0.05
"""Least number of steps of a plan without a measured pace, which is too high for slow networks; and share of the time
after which the pace of fewer than `MEASURED_STEPS` steps counts."""
TOLERANCE, ROUGH_TOLERANCE = 0.02, 0.25
"""Expected error of the end that is corrected at once: as a share of the whole time, or of the time left if larger."""


@dataclass(frozen=True)
class TimeLimit:
    """Time for a training.

    Attributes:
        seconds: Seconds for all steps and validations.
        seconds_per_step: First estimate of the seconds per step.
        seconds_per_validation: First estimate of the seconds per validation.
    """

    seconds: float
    seconds_per_step: float
    seconds_per_validation: float = 0.0


class Pace:
    """Measured seconds per step, and the end that a plan of steps therefore has.

    The pace of the next `t` seconds is taken to be that of the last `t` seconds: long ago for a plan of hours, recent
    for the last steps.

    Args:
        limit: Time limit of the training.
        steps_per_epoch: Steps between two possible validations.

    Examples:
        >>> pace = Pace(TimeLimit(10.0, seconds_per_step=5.0), steps_per_epoch=100)
        >>> pace.steps_that_fit(StepBudget(1), step=0, elapsed=0.0)
        20
        >>> pace.add(0.5)
        >>> pace.steps_that_fit(StepBudget(1), step=1, elapsed=0.5)
        19
    """

    def __init__(self, limit: TimeLimit, steps_per_epoch: int) -> None:
        self.limit, self.steps_per_epoch = limit, steps_per_epoch
        self.validation_seconds = limit.seconds_per_validation
        self.ends = array("d")

    def add(self, seconds: float) -> None:
        """Records the duration of a step, with the wait for its batch and without validations."""
        self.ends.append(seconds + (self.ends[-1] if self.ends else 0.0))

    def seconds_per_step(self, window: float) -> float:
        """Returns the mean seconds per step over the last `window` seconds of steps, or the first estimate."""
        if not self.ends:
            return self.limit.seconds_per_step
        first = bisect_left(self.ends, self.ends[-1] - window)
        first = max(0, min(first, len(self.ends) - MEASURED_STEPS))
        begun = self.ends[first - 1] if first else 0.0
        return max(1e-9, (self.ends[-1] - begun) / (len(self.ends) - first))

    def seconds_left(self, elapsed: float) -> float:
        """Returns the seconds left for steps and validations before the last validation.

        Args:
            elapsed: Seconds since the start of the training.
        """
        return self.limit.seconds - elapsed - self.validation_seconds

    def is_over(self, elapsed: float) -> bool:
        """Returns True if another step would end more than half a step after the limit."""
        left = self.seconds_left(elapsed)
        return left <= 0.5 * self.seconds_per_step(left)

    def steps_that_fit(self, plan: StepBudget, step: int, elapsed: float) -> int:
        """Returns the number of steps that fit into the time left, at least 1, or `FIRST_STEPS` for a first plan.

        Args:
            plan: Current plan.
            step: Number of steps done.
            elapsed: Seconds since the start of the training.
        """
        left = self.seconds_left(elapsed)
        pace, each = self.seconds_per_step(left), self.validation_seconds
        spread = left / (pace + each / self.steps_per_epoch)  # a share of a validation with each step
        validations = self._validations(plan, step, spread)
        exact = (left - each * validations) / pace
        least = 1 if self.ends else FIRST_STEPS
        return max(least, int(exact if self._validations(plan, step, exact) == validations else max(spread, exact)))

    def misses_limit(self, plan: StepBudget, step: int, elapsed: float) -> bool:
        """Returns True if the plan is expected to end so early or late that it must be changed now.

        Args:
            plan: Current plan.
            step: Number of steps done.
            elapsed: Seconds since the start of the training.
        """
        left = self.seconds_left(elapsed)
        pace, validations = self.seconds_per_step(left), self._validations(plan, step, plan.steps_left)
        error = left - plan.steps_left * pace - validations * self.validation_seconds
        if plan.steps_left == 1:
            return error > max(TOLERANCE * self.limit.seconds, pace)
        measured = len(self.ends) >= MEASURED_STEPS or (self.ends and self.ends[-1] > LONG_START * self.limit.seconds)
        if not measured:
            return False
        least = pace if error > 0 else 0.5 * pace
        return abs(error) > max(TOLERANCE * self.limit.seconds, ROUGH_TOLERANCE * left, least)

    def _validations(self, plan: StepBudget, step: int, steps: float) -> int:
        """Returns the expected number of validations within the next steps, without the last one."""
        boundaries = int(step + max(1.0, steps) - 1) // self.steps_per_epoch - step // self.steps_per_epoch
        return min(boundaries, math.ceil((1 - plan.progress) / VALIDATE_EVERY))
