"""Matching of predicted instance masks with ground-truth masks, image by image, by the rules of COCO's evaluation."""

from dataclasses import dataclass

import numpy as np

from .matching import Candidates, Matches, match

MOST = 1000
"""Maximum number of objects per class and image. COCO's limit of 100 is too low for images of cells."""


@dataclass(frozen=True, eq=False)
class Objects:
    """Objects of one instance mask.

    Attributes:
        codes: (k,) code of each object: 256 times its number plus its class.
        areas: (k,) area of each object in pixels.
        classes: (k,) class index of each object.
        scores: (k,) confidence of each object from 0 to 1.
    """

    codes: np.ndarray
    areas: np.ndarray
    classes: np.ndarray
    scores: np.ndarray


def objects_in(codes: np.ndarray, confidence: np.ndarray | None = None) -> Objects:
    """Lists the objects of an instance mask.

    Args:
        codes: (height, width) 0 for background, else 256 times the object's number plus its class.
        confidence: (height, width) from 0 to 255, the same for all pixels of an object; None for full confidence.

    Returns:
        The objects, sorted by code.
    """
    flat = np.asarray(codes).ravel()
    known, first, areas = np.unique(flat, return_index=True, return_counts=True)
    is_object = known > 0
    scores = np.ones(len(known)) if confidence is None else np.asarray(confidence).ravel()[first] / 255
    return Objects(known[is_object], areas[is_object].astype(float), known[is_object] % 256, scores[is_object])


def overlaps_of(
    prediction: np.ndarray, predicted_objects: Objects, ground_truth: np.ndarray, true_objects: Objects
) -> np.ndarray:
    """Returns the intersections over unions of predicted and ground-truth objects, from one count of pairs of codes.

    Args:
        prediction: (height, width) codes of the predicted mask.
        predicted_objects: The d objects of `prediction`.
        ground_truth: (height, width) codes of the ground-truth mask.
        true_objects: The g objects of `ground_truth`.

    Returns:
        (d, g) float64 from 0 to 1.
    """
    predicted, truth = np.asarray(prediction).ravel(), np.asarray(ground_truth).ravel()
    pairs = np.zeros((len(predicted_objects.codes) + 1, len(true_objects.codes) + 1))
    rows = np.searchsorted(predicted_objects.codes, predicted, "right") * (predicted > 0)
    columns = np.searchsorted(true_objects.codes, truth, "right") * (truth > 0)
    pairs += np.bincount(rows * pairs.shape[1] + columns, minlength=pairs.size).reshape(pairs.shape)
    intersections = pairs[1:, 1:]
    return intersections / np.maximum(1, predicted_objects.areas[:, None] + true_objects.areas - intersections)


def match_masks(predictions: np.ndarray, targets: np.ndarray, classes: int) -> list[list[Matches]]:
    """Matches predicted with ground-truth objects in every image, for each class.

    Args:
        predictions: (n, height, width, 2) codes and confidence from 0 to 255.
        targets: (n, height, width) codes.
        classes: Number of classes.

    Returns:
        For each class, the matches of each image.
    """
    found: list[list[Matches]] = [[] for _ in range(classes)]
    for row in range(len(targets)):
        prediction, truth = np.asarray(predictions[row]), np.asarray(targets[row])
        predicted, true = objects_in(prediction[..., 0], prediction[..., 1]), objects_in(truth)
        overlaps = overlaps_of(prediction[..., 0], predicted, truth, true)
        for index in range(classes):
            rows, columns = predicted.classes == index, true.classes == index
            crowd = np.zeros(int(columns.sum()))
            candidates = Candidates(
                predicted.scores[rows], predicted.areas[rows], overlaps[rows][:, columns], true.areas[columns], crowd
            )
            found[index].append(match(candidates, most=MOST))
    return found
