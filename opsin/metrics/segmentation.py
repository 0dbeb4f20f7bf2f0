"""Segmentation metrics as counts per image, from which scores under any weights follow."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from opsin.geometry import IGNORED

TOLERANCE = 0.0075
"""Maximum distance of matching boundary pixels, as a share of the image's diagonal (Perazzi et al. 2016)."""


def confusion(predictions: Sequence[np.ndarray] | np.ndarray, ground_truth: np.ndarray, classes: int) -> np.ndarray:
    """Counts the pixels of each pair of ground-truth class and predicted class, without ignored pixels.

    Args:
        predictions: (n, height, width) class indices; of volumes n arrays of any size.
        ground_truth: (n, height, width) class indices, 255 where a pixel is ignored; of volumes n arrays.
        classes: Number of classes.

    Returns:
        (n, classes, classes) float64 pixel counts: rows are the ground truth, columns the predictions.
    """
    tables = np.zeros((len(ground_truth), classes, classes))
    for row in range(len(ground_truth)):
        truth, predicted = np.asarray(ground_truth[row]).ravel(), np.asarray(predictions[row]).ravel()
        known = truth != IGNORED
        cells = truth[known].astype(np.int64) * classes + predicted[known]
        tables[row] = np.bincount(cells, minlength=classes * classes)[: classes * classes].reshape(classes, classes)
    return tables


def boundary_counts(predictions: np.ndarray, ground_truth: np.ndarray, ignored: int | None = IGNORED) -> np.ndarray:
    """Counts boundary pixels of predictions and ground truth, and those within TOLERANCE of the other's boundary.

    A boundary pixel differs from the pixel below it or to its right.

    Args:
        predictions: (n, height, width) codes of classes or objects.
        ground_truth: (n, height, width) codes of classes or objects.
        ignored: Code of ground-truth pixels that are left out; None to count all pixels.

    Returns:
        (n, 4) pixel counts: predicted near the ground truth, all predicted, ground truth near the prediction, all
        ground truth.
    """
    counts = np.zeros((len(ground_truth), 4))
    for row in range(len(ground_truth)):
        truth, predicted = np.array(ground_truth[row]), np.array(predictions[row])
        if ignored is not None:
            predicted[truth == ignored] = ignored
        edge, true_edge = _boundary(predicted), _boundary(truth)
        radius = max(1, round(TOLERANCE * float(np.hypot(*truth.shape))))
        near, true_near = edge & _dilate(true_edge, radius), true_edge & _dilate(edge, radius)
        counts[row] = near.sum(), edge.sum(), true_near.sum(), true_edge.sum()
    return counts


def boundary_f(counts: np.ndarray, weights: np.ndarray) -> float:
    """Returns the F score of boundaries, with precision and recall over the pixels of all images.

    Args:
        counts: (n, 4) from `boundary_counts`.
        weights: (n,) weight of each image.

    Returns:
        The F score from 0 to 1; 1 when neither predictions nor ground truth have a boundary; nan without rows.
    """
    if not weights.sum():
        return float("nan")
    near, predicted, true_near, truth = weights @ counts
    if not predicted and not truth:
        return 1.0
    precision, recall = near / predicted if predicted else 0.0, true_near / truth if truth else 0.0
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _boundary(mask: np.ndarray) -> np.ndarray:
    edge = np.zeros(mask.shape, bool)
    edge[:-1] |= mask[:-1] != mask[1:]
    edge[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    return edge


def _dilate(edge: np.ndarray, radius: int) -> np.ndarray:
    """Dilates a boolean mask (height, width) by a disk of `radius` pixels."""
    values = torch.from_numpy(edge)[None].float()
    dilated = torch.zeros_like(values)
    for down in range(-radius, radius + 1):
        across = int((radius**2 - down**2) ** 0.5)
        wide = F.max_pool1d(values[0], 2 * across + 1, 1, across)[None]
        shifted = torch.roll(wide, down, 1)
        if down > 0:
            shifted[:, :down] = 0
        elif down < 0:
            shifted[:, down:] = 0
        dilated = torch.maximum(dilated, shifted)
    return dilated[0].numpy() > 0
