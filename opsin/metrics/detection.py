"""Detection metrics: true positives, false positives and missed objects of predicted boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .matching import AREAS, Candidates, Matches, box_overlaps, match

_HALF = np.array([0.5])


@dataclass(frozen=True, eq=False)
class ImageErrors:
    """Correct and wrong boxes of one image with k predicted and g ground-truth boxes.

    Predictions in a crowd are neither correct nor false, and a crowd cannot be missed.

    Attributes:
        above_threshold: (k,) True for predictions at or above the threshold of their class.
        true_positive: (k,) True for true positives.
        false_positive: (k,) True for false positives.
        missed: (g,) True for ground-truth boxes without a true positive.
        best_score: (g,) score of the prediction that matches each ground-truth box, at any threshold; 0 for none.
    """

    above_threshold: np.ndarray
    true_positive: np.ndarray
    false_positive: np.ndarray
    missed: np.ndarray
    best_score: np.ndarray


@dataclass(frozen=True, eq=False)
class RankedPredictions:
    """Predictions of one class over all images, sorted by descending score, without those in a crowd.

    Attributes:
        scores: (d,) confidence.
        is_correct: (d,) True for true positives.
        count: Number of ground-truth objects.
    """

    scores: np.ndarray
    is_correct: np.ndarray
    count: int

    def f1(self) -> np.ndarray:
        """Returns the F1 score (d,) of the first 1, 2, ... d predictions."""
        if not len(self.scores):
            return np.zeros(0)
        return 2 * np.cumsum(self.is_correct) / (np.arange(1, len(self.is_correct) + 1) + self.count)

    def precision(self) -> np.ndarray:
        """Returns the precision (d,) of the first 1, 2, ... d predictions."""
        return np.cumsum(self.is_correct) / np.arange(1, len(self.is_correct) + 1)

    def recall(self) -> np.ndarray:
        """Returns the recall (d,) of the first 1, 2, ... d predictions."""
        return np.cumsum(self.is_correct) / max(1, self.count)

    def threshold(self) -> float | None:
        """Returns the score threshold with the best F1, midway to the next lower score; None without true positives."""
        if not self.is_correct.any():
            return None
        f1 = self.f1()
        last = np.append(self.scores[1:] != self.scores[:-1], True)  # a threshold cannot separate equal scores
        best = int(np.where(last, f1, -1.0).argmax())
        below = float(self.scores[best + 1]) if best + 1 < len(self.scores) else 0.0
        return (float(self.scores[best]) + below) / 2


def candidates_in(prediction: np.ndarray, target: np.ndarray, index: int) -> Candidates:
    """Selects the predictions and ground truth of one class in one image.

    Args:
        prediction: (k, 6) left, top, right, bottom in pixels, class index, score.
        target: (g, 7) left, top, right, bottom in pixels, class index, crowd, area in square pixels.
        index: Class index.

    Returns:
        The candidates of the class.
    """
    predicted, labelled = prediction[prediction[:, 4] == index], target[target[:, 4] == index].astype(np.float64)
    sizes = predicted[:, 2:4].astype(np.float64) - predicted[:, :2].astype(np.float64)
    crowd = labelled[:, 5] != 0
    overlaps = box_overlaps(predicted, labelled, crowd)
    return Candidates(predicted[:, 5].astype(np.float64), sizes.prod(1), overlaps, labelled[:, 6], crowd)


def match_images(predictions: np.ndarray, targets: np.ndarray, index: int) -> list[Matches]:
    """Matches the predictions of one class with the ground truth at all thresholds and in all area ranges.

    Args:
        predictions: (n,) object array of (k, 6) predicted boxes.
        targets: (n,) object array of (g, 7) ground-truth boxes.
        index: Class index.

    Returns:
        The matches of each image.
    """
    none = match(candidates_in(np.zeros((0, 6)), np.zeros((0, 7)), index))
    return [
        match(candidates_in(prediction, target, index))
        if (prediction[:, 4] == index).any() or (target[:, 4] == index).any()
        else none
        for prediction, target in zip(predictions, targets, strict=True)
    ]


def rank_predictions(images: Sequence[Matches]) -> RankedPredictions:
    """Ranks the predictions of one class over all images, matched at an IoU of 0.5 in all area ranges."""
    if not images:
        return RankedPredictions(np.zeros(0), np.zeros(0, bool), 0)
    scores = np.concatenate([image.scores for image in images])
    counted = ~np.concatenate([image.ignored[0, 0] for image in images])
    is_correct = np.concatenate([image.partner[0, 0] >= 0 for image in images])
    order = np.argsort(-scores, kind="stable")
    order = order[counted[order]]
    return RankedPredictions(scores[order], is_correct[order], int(sum(image.wanted[0] for image in images)))


def find_errors(prediction: np.ndarray, target: np.ndarray, thresholds: Sequence[float]) -> ImageErrors:
    """Finds true positives, false positives and missed objects of one image at an IoU of 0.5.

    Args:
        prediction: (k, 6) predicted boxes.
        target: (g, 7) ground-truth boxes.
        thresholds: Minimum score of each class.

    Returns:
        The errors of the image.
    """
    above = prediction[:, 5] >= np.array(thresholds)[prediction[:, 4].astype(int)]
    true_positive, false_positive = np.zeros(len(prediction), bool), np.zeros(len(prediction), bool)
    missed, best_score = target[:, 5] == 0, np.zeros(len(target))
    for index in np.unique(np.concatenate((prediction[:, 4], target[:, 4]))):
        of_class, labelled = np.flatnonzero(prediction[:, 4] == index), np.flatnonzero(target[:, 4] == index)
        matches = match(candidates_in(prediction, target, int(index)), _HALF, AREAS[:1])
        rows, partner, ignored = of_class[matches.order], matches.partner[0, 0], matches.ignored[0, 0]
        hit = (partner >= 0) & ~ignored
        true_positive[rows], false_positive[rows] = above[rows] & hit, above[rows] & ~hit & ~ignored
        best_score[labelled[partner[hit]]] = matches.scores[hit]
        missed[labelled[partner[true_positive[rows]]]] = False
    return ImageErrors(above, true_positive, false_positive, missed, best_score)


def confusion(predictions: np.ndarray, targets: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Counts the confusions of classes among boxes above their thresholds.

    True positives are those of `find_errors`. Of the other boxes, a false positive and a missed object with an IoU of
    0.5 or more are a confusion of their classes, pairs of the highest IoU first. Crowds are left out.

    Args:
        predictions: (n,) object array of (k, 6) predicted boxes.
        targets: (n,) object array of (g, 7) ground-truth boxes.
        thresholds: Minimum score of each class.

    Returns:
        (classes + 1, classes + 1) counts: ground truth in rows, predictions in columns. The last row counts false
        positives, the last column missed objects.
    """
    none = len(thresholds)
    table = np.zeros((none + 1, none + 1), np.int64)
    for prediction, target in zip(predictions, targets, strict=True):
        errors = find_errors(prediction, target, thresholds)
        np.add.at(table, (prediction[errors.true_positive, 4].astype(int),) * 2, 1)
        false, missed = prediction[errors.false_positive], target[errors.missed]
        overlaps = box_overlaps(false, missed, np.zeros(len(missed)))
        predicted, labelled = false[:, 4].astype(int), missed[:, 4].astype(int)
        while overlaps.size and overlaps.max() >= _HALF[0]:
            row, column = np.unravel_index(overlaps.argmax(), overlaps.shape)
            table[labelled[column], predicted[row]] += 1
            overlaps[row], overlaps[:, column] = 0, 0
            predicted[row], labelled[column] = none, none
        np.add.at(table, (none, predicted[predicted < none]), 1)
        np.add.at(table, (labelled[labelled < none], none), 1)
    return table
