"""Boxes answered against true ones, image by image: what is right, false or missed from a score on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .matching import AREAS, Candidates, Matches, box_overlaps, match

_HALF = np.array([0.5])


@dataclass(frozen=True, eq=False)
class ImageErrors:
    """Of an image: the answers given (k), which of them are right and which false (k), true boxes missed (g).

    `best` (g) is the score of the answer that found each true box, given or not, 0 for none. Answers in a crowd are
    neither right nor false, and a crowd cannot be missed.
    """

    given: np.ndarray
    right: np.ndarray
    false: np.ndarray
    missed: np.ndarray
    best: np.ndarray


@dataclass(frozen=True, eq=False)
class RankedPredictions:
    """The answers of one class over all images, the highest score first: `right` (d) those that found a box.

    Those in a crowd are left out. `count` is how many boxes there are to find.
    """

    scores: np.ndarray
    right: np.ndarray
    count: int

    def f1(self) -> np.ndarray:
        """(d,) F1 when each answer is the last that is given."""
        if not len(self.scores):
            return np.zeros(0)
        return 2 * np.cumsum(self.right) / (np.arange(1, len(self.right) + 1) + self.count)

    def precision(self) -> np.ndarray:
        """(d,) precision when each answer is the last that is given."""
        return np.cumsum(self.right) / np.arange(1, len(self.right) + 1)

    def recall(self) -> np.ndarray:
        """(d,) recall when each answer is the last that is given."""
        return np.cumsum(self.right) / max(1, self.count)

    def threshold(self) -> float | None:
        """The score from which on answers have the best F1: midway to the next lower; None when none is right."""
        if not self.right.any():
            return None
        f1 = self.f1()
        last = np.append(self.scores[1:] != self.scores[:-1], True)  # equal scores are given together
        best = int(np.where(last, f1, -1.0).argmax())
        below = float(self.scores[best + 1]) if best + 1 < len(self.scores) else 0.0
        return (float(self.scores[best]) + below) / 2


def candidates_in(answer: np.ndarray, target: np.ndarray, index: int) -> Candidates:
    """What is answered, of (k, 6), and true, of (g, 7), of the class `index` in one image."""
    said, true = answer[answer[:, 4] == index], target[target[:, 4] == index].astype(np.float64)
    sizes = said[:, 2:4].astype(np.float64) - said[:, :2].astype(np.float64)
    crowd = true[:, 5] != 0
    return Candidates(said[:, 5].astype(np.float64), sizes.prod(1), box_overlaps(said, true, crowd), true[:, 6], crowd)


def match_images(raw: np.ndarray, targets: np.ndarray, index: int) -> list[Matches]:
    """The class `index` matched at every overlap and in every range of areas, image by image."""
    none = match(candidates_in(np.zeros((0, 6)), np.zeros((0, 7)), index))
    return [
        match(candidates_in(answer, target, index))
        if (answer[:, 4] == index).any() or (target[:, 4] == index).any()
        else none
        for answer, target in zip(raw, targets, strict=True)
    ]


def rank_predictions(images: Sequence[Matches]) -> RankedPredictions:
    """One class of all images at an overlap of half and in all areas."""
    if not images:
        return RankedPredictions(np.zeros(0), np.zeros(0, bool), 0)
    scores = np.concatenate([image.scores for image in images])
    counted = ~np.concatenate([image.ignored[0, 0] for image in images])
    right = np.concatenate([image.partner[0, 0] >= 0 for image in images])
    order = np.argsort(-scores, kind="stable")
    order = order[counted[order]]
    return RankedPredictions(scores[order], right[order], int(sum(image.wanted[0] for image in images)))


def find_errors(answer: np.ndarray, target: np.ndarray, thresholds: Sequence[float]) -> ImageErrors:
    """What is to be said of one image, at an overlap of half; `thresholds` are the least scores given, one a class."""
    given = answer[:, 5] >= np.array(thresholds)[answer[:, 4].astype(int)]
    right, false = np.zeros(len(answer), bool), np.zeros(len(answer), bool)
    missed, best = target[:, 5] == 0, np.zeros(len(target))
    for index in np.unique(np.concatenate((answer[:, 4], target[:, 4]))):
        ours, theirs = np.flatnonzero(answer[:, 4] == index), np.flatnonzero(target[:, 4] == index)
        matches = match(candidates_in(answer, target, int(index)), _HALF, AREAS[:1])
        rows, partner, ignored = ours[matches.order], matches.partner[0, 0], matches.ignored[0, 0]
        hit = (partner >= 0) & ~ignored
        right[rows], false[rows] = given[rows] & hit, given[rows] & ~hit & ~ignored
        best[theirs[partner[hit]]] = matches.scores[hit]
        missed[theirs[partner[right[rows]]]] = False
    return ImageErrors(given, right, false, missed, best)
