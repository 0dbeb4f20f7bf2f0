"""Nearest-centroid classifier, a fast measure of the separation of classes."""

import numpy as np

_FOLDS = 5


def nearest_centroid_correct(values: np.ndarray, codes: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Returns the correct predictions of a nearest-centroid classifier in 5-fold cross-validation.

    Args:
        values: Features, float (n, ...), of which the centroids are computed.
        codes: Classes, int64 (n,), from 0 on without gaps.
        *others: Further features of the same rows, float (n, ...), predicted with the centroids of `values`.

    Returns:
        One bool array (n,) for `values` and for each of `others`: True where the prediction is correct.

    Examples:
        >>> nearest_centroid_correct(np.repeat([[0.0], [5.0]], 5, 0), np.arange(10) // 5)[0].all()
        np.True_
    """
    rows = [array.reshape(len(array), -1) for array in (values, *others)]
    fold = np.empty(len(codes), int)
    fold[np.argsort(codes, kind="stable")] = np.arange(len(codes)) % _FOLDS  # every class in every fold
    correct = [np.zeros(len(codes), bool) for _ in rows]
    for held in range(_FOLDS):
        test, fit = fold == held, fold != held
        member = np.eye(int(codes.max()) + 1, dtype=np.float32)[codes[fit]]
        means = member.T @ rows[0][fit] / np.maximum(member.sum(axis=0), 1)[:, None]
        for hits, samples in zip(correct, rows, strict=True):
            distance = (means * means).sum(axis=1) - 2 * samples[test] @ means.T
            hits[test] = distance.argmin(axis=1) == codes[test]
    return correct


def balanced_accuracy(correct: np.ndarray, codes: np.ndarray) -> float:
    """Returns the mean over the classes of the share of correct rows.

    Args:
        correct: True where a prediction is correct, bool (n,).
        codes: Classes, int64 (n,), from 0 on without gaps.
    """
    return float((np.bincount(codes, weights=correct) / np.bincount(codes)).mean())
