"""Distances of different people, and the threshold that follows for a false-match rate."""

from dataclasses import dataclass

import numpy as np

from opsin.core import DataError

_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
_SCORES = (-4.13, -3.93, -3.635, -3.368, -3.053, -2.731, -2.322, -1.893, -1.301, -0.529, 0.01, 0.545, 1.287, 2.232)
"""Quantiles of the distances of different people, minus their mean and divided by their standard deviation."""
DEFAULT_FAR = 1e-3
"""False-match rate of the default threshold."""
LOWEST_RATE, HIGHEST_RATE = _RATES[0], 0.1
_UNSURE = 10.0
"""Between the thresholds of a false-match rate and of this many times the rate a verdict is unsure."""


@dataclass(frozen=True)
class Calibration:
    """The distribution of the distances of different people.

    Attributes:
        mean: Mean distance.
        deviation: Standard deviation of the distances.
        margin: Distance between the threshold and its 5 % quantile over resampled people.
        people: Number of people that the distances come from.
        source: Origin of the distances.
        own: True where the people are those of the gallery; the threshold is then lowered by `margin`.
    """

    mean: float
    deviation: float
    margin: float
    people: int
    source: str
    own: bool = False

    def threshold(self, far: float) -> float:
        """Returns the distance that different people stay above but for a share `far` of the pairs.

        Raises:
            DataError: The rate is beyond what the reference holds.
        """
        if not LOWEST_RATE <= far <= HIGHEST_RATE:
            raise DataError(f"false-match rate {far:g} is out of range. Expected {LOWEST_RATE:g} to {HIGHEST_RATE:g}.")
        score = float(np.interp(np.log(far), np.log(_RATES), _SCORES))
        return self.mean + self.deviation * score - (self.margin if self.own else 0.0)

    def unsure_threshold(self, far: float) -> float:
        """Returns the distance up to which a verdict is unsure: the threshold of ten times the rate."""
        return self.threshold(min(_UNSURE * far, HIGHEST_RATE))

    def false_match_rate(self, distance: float) -> tuple[float, float, float]:
        """Returns the share of pairs of different people at this distance or nearer, with its 90 % interval.

        Args:
            distance: Distance of two embeddings.

        Returns:
            The rate, its lower and its upper bound over resampled people; never below the lowest rate of the reference.
        """
        shifts = np.array([0.0, -self.margin, self.margin])
        scores = (distance + shifts - self.mean) / self.deviation
        rate, low, high = np.exp(np.interp(scores, _SCORES, np.log(_RATES), right=0.0)).tolist()
        return rate, low, high


REFERENCE = Calibration(0.5661, 0.0615, 0.0024, 1009, "reference: Labeled Faces in the Wild")
"""Distances of public figures in press photos; other groups may be nearer to each other."""
