"""Verification on labelled pairs: error rates with intervals over resampled people, and the hardest pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError, Progress, silent
from opsin.evaluation import Score
from opsin.metrics.verification import equal_error_rate, match_rate, true_match_rate

from .calibrating import resampled
from .found import FoundFace
from .networks import EMBEDDING
from .pairs import Pairs
from .photos import Find, find_all

_RESAMPLES = 200
_HARDEST = 12
Weights = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class VerificationResult:
    """Error rates of verification.

    Attributes:
        scores: accuracy, fmr, fnmr, tar_at_far and eer with 95 % intervals over resampled people.
        threshold: Largest distance that counts as one person.
        distances: (pairs,) distances; infinite where a face was not found.
        same: (pairs,) True for pairs of one person.
        hardest: Rows of the pairs of one person that are farthest apart, and of different people that are nearest.
        lost: Number of photos without a usable face.
    """

    scores: Mapping[str, Score]
    threshold: float
    distances: np.ndarray
    same: np.ndarray
    hardest: tuple[tuple[int, ...], tuple[int, ...]]
    lost: int


def embed_photos(pairs: Pairs, find: Find, progress: Progress = silent) -> np.ndarray:
    """Returns an embedding a photo, the face nearest to the middle; NaN where there is none.

    Args:
        pairs: Pairs of photos.
        find: Finds faces.
        progress: Called after each photo.

    Returns:
        float32 (photos, 128).
    """
    vectors = np.full((len(pairs.photos), EMBEDDING), np.nan, np.float32)
    for row, photo in enumerate(find_all(pairs.photos, find, progress)):
        face = middle_face(photo.faces, photo.shape)
        if face is not None:
            vectors[row] = face.embedding
    return vectors


def middle_face(faces: Sequence[FoundFace], shape: tuple[int, int]) -> FoundFace | None:
    """Returns the face nearest to the middle of an image, which labelled photos are of; None without faces.

    Args:
        faces: Faces of the image.
        shape: Height and width of the image.
    """
    middle = np.array([shape[1], shape[0]]) / 2
    offsets = [float(np.hypot(*((face.box[:2] + face.box[2:]) / 2 - middle))) for face in faces]
    return faces[int(np.argmin(offsets))] if offsets else None


def verification(pairs: Pairs, vectors: np.ndarray, threshold: float, seed: int = 0) -> VerificationResult:
    """Computes error rates; a pair with a photo without a face counts as wrong.

    Args:
        pairs: Pairs of photos, of one person and of different people.
        vectors: float32 (photos, 128); NaN where there is no face.
        threshold: Largest distance that counts as one person.
        seed: Seed of the resampling.

    Raises:
        DataError: There are no pairs of one person, or none of different people.
    """
    same = pairs.same
    if same.all() or not same.any():
        kind = "different people" if same.all() else "one person"
        raise DataError(f"there are no pairs of {kind}. Expected two people or more with two photos or more each.")
    apart = np.linalg.norm(vectors[pairs.first] - vectors[pairs.second], axis=1)
    apart = np.where(np.isnan(apart), np.inf, apart)
    names, person = np.unique(np.array(pairs.people), return_inverse=True)
    first, second = person[pairs.first], person[pairs.second]
    plain = _scores(apart, same, threshold, np.ones(len(same)))
    drawn: dict[str, list[float]] = {name: [] for name in plain}
    for number in range(_RESAMPLES):
        times = resampled(len(names), seed, number)
        weights = np.where(same, times[first], times[first] * times[second])
        if weights[same].any() and weights[~same].any():
            for name, value in _scores(apart, same, threshold, weights).items():
                drawn[name].append(value)
    scores = {
        name: Score(value, *np.quantile(drawn[name] or [np.nan], [0.025, 0.975]).tolist())
        for name, value in plain.items()
    }
    lost = int(np.isnan(vectors[:, 0]).sum())
    return VerificationResult(scores, threshold, apart, same, _hardest(apart, same), lost)


def _scores(apart: np.ndarray, same: np.ndarray, threshold: float, weights: np.ndarray) -> dict[str, float]:
    genuine, impostor = apart[same], apart[~same]
    both = weights[same], weights[~same]
    found = np.isfinite(apart)
    right = np.where(same, apart <= threshold, apart > threshold) & found
    return {
        "accuracy": float((right * weights).sum() / weights.sum()),
        "fmr": match_rate(impostor, threshold, both[1]),
        "fnmr": 1 - match_rate(genuine, threshold, both[0]),
        "tar_at_far": true_match_rate(genuine, impostor, 1e-3, both),
        "eer": equal_error_rate(genuine, impostor, both),
    }


def _hardest(apart: np.ndarray, same: np.ndarray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    farthest = np.argsort(np.where(same & np.isfinite(apart), -apart, np.inf), kind="stable")[:_HARDEST]
    nearest = np.argsort(np.where(same, np.inf, apart), kind="stable")[:_HARDEST]
    rows = np.arange(len(same))
    return tuple(rows[farthest][same[farthest]].tolist()), tuple(rows[nearest][~same[nearest]].tolist())
