"""A threshold from one's own people: their distances scale the reference, resampled people lower the threshold."""

from dataclasses import replace
from math import ceil, sqrt

import numpy as np

from opsin.core import DataError, numpy_generator

from .calibration import Calibration
from .gallery import Gallery, distances

MIN_PEOPLE = 20
_PAIRS = 0.1
"""Pairs of people that a false-match rate needs, as a share of one in the rate."""
_RESAMPLES = 400
_QUANTILE = 0.05


def people_needed(far: float) -> int:
    """Returns the number of people that a threshold for this false-match rate needs.

    Args:
        far: False-match rate.

    Examples:
        >>> people_needed(1e-2), people_needed(1e-4)
        (20, 46)
    """
    return max(MIN_PEOPLE, ceil((1 + sqrt(1 + 8 * _PAIRS / far)) / 2))


def calibrate(vectors: np.ndarray, people: np.ndarray, far: float, seed: int = 0) -> Calibration:
    """Finds the distribution of the distances between people.

    Each pair of people counts once, however many photos they have. The threshold is the mean plus the reference's
    quantile times the standard deviation; `margin` is its distance to the 5 % quantile over resampled people.

    Args:
        vectors: float32 (photos, 128), each of length 1.
        people: (photos,) number or name of the person.
        far: False-match rate that the margin belongs to.
        seed: Seed of the resampling.

    Raises:
        DataError: There are fewer people than the rate needs.
    """
    names, rows = np.unique(people, return_inverse=True)
    count, needed = len(names), people_needed(far)
    if count < needed:
        raise DataError(
            f"{count} people are too few for a false-match rate of {far:g}. Expected {needed}. "
            f"Fix: enroll {needed - count} more{'' if count < MIN_PEOPLE else ', or choose a higher rate'}."
        )
    first, second = _moments(vectors, rows, count)
    weights = np.array([resampled(count, seed, number) for number in range(_RESAMPLES)])
    mean, deviation = _spread(first, second, np.ones((1, count)))
    whole = Calibration(float(mean[0]), float(deviation[0]), 0.0, count, "own people", own=True)
    means, deviations = _spread(first, second, weights)
    score = (whole.threshold(far) - whole.mean) / whole.deviation
    lowest = float(np.quantile(means + score * deviations, _QUANTILE))
    return replace(whole, margin=max(0.0, whole.threshold(far) - lowest))


def calibrate_gallery(gallery: Gallery, far: float) -> Gallery:
    """Returns the gallery with a threshold from its own people.

    Args:
        gallery: The gallery.
        far: False-match rate.

    Raises:
        DataError: There are fewer people than the rate needs.
    """
    vectors = np.array([template.vector for _, template in gallery.templates()]).reshape(-1, 128)
    people = np.repeat(np.arange(len(gallery.people)), [len(person.templates) for person in gallery.people])
    return replace(gallery, far=far, calibration=calibrate(vectors, people, far))


def resampled(count: int, seed: int, number: int) -> np.ndarray:
    """Returns how often each person is in a bootstrap resample, float64 (count,).

    Args:
        count: Number of people.
        seed: Seed.
        number: Number of the resample.
    """
    drawn = numpy_generator(seed, "people", number).integers(0, count, count)
    return np.bincount(drawn, minlength=count).astype(np.float64)


def _moments(vectors: np.ndarray, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean distance and the mean squared distance of each pair of people, (people, people)."""
    share = np.zeros((count, len(vectors)))
    share[rows, np.arange(len(vectors))] = 1 / np.bincount(rows, minlength=count)[rows]
    table = distances(vectors, vectors).astype(np.float64)
    return share @ table @ share.T, share @ table**2 @ share.T


def _spread(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns mean and standard deviation of the distances under weights (resamples, people)."""
    others = 1 - np.eye(len(first))
    total = ((weights @ others) * weights).sum(1)
    mean = ((weights @ (first * others)) * weights).sum(1) / total
    square = ((weights @ (second * others)) * weights).sum(1) / total
    return mean, np.sqrt(np.maximum(square - mean**2, 1e-12))
