"""The plainest classifier there is, to find out in a moment what can be told from what: the nearest class mean."""

import numpy as np

_SIDE = 16
_FOLDS = 5
_CHUNK = 256


def nearest_centroid_correct(values: np.ndarray, codes: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """(n,) whether each row's class is found from its values, then from each of the others, by means of `values`.

    `values` is float (n, ...), `codes` (n,) int64 classes from 0 on without gaps. The means of each fifth of the rows
    are those of the other rows: none has seen the row that it answers.

    >>> nearest_centroid_correct(np.repeat([[0.0], [5.0]], 5, 0), np.arange(10) // 5)[0].all()
    np.True_
    """
    rows = [array.reshape(len(array), -1) for array in (values, *others)]
    fold = np.empty(len(codes), int)
    fold[np.argsort(codes, kind="stable")] = np.arange(len(codes)) % _FOLDS  # every class in every fold
    right = [np.zeros(len(codes), bool) for _ in rows]
    for held in range(_FOLDS):
        test, fit = fold == held, fold != held
        member = np.eye(int(codes.max()) + 1, dtype=np.float32)[codes[fit]]
        means = member.T @ rows[0][fit] / np.maximum(member.sum(axis=0), 1)[:, None]
        for answers, asked in zip(right, rows, strict=True):
            distance = (means * means).sum(axis=1) - 2 * asked[test] @ means.T
            answers[test] = distance.argmin(axis=1) == codes[test]
    return right


def balanced_accuracy(right: np.ndarray, codes: np.ndarray) -> float:
    """The share of right rows, as the mean over the classes."""
    return float((np.bincount(codes, weights=right) / np.bincount(codes)).mean())


def downsample(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """float32 (n, at most 16, at most 16, channels): some rows of uint8 pixels as means over areas."""
    return np.concatenate([_downsample(pixels[rows[at : at + _CHUNK]]) for at in range(0, len(rows), _CHUNK)])


def _downsample(pixels: np.ndarray) -> np.ndarray:
    out: np.ndarray = pixels.astype(np.float32)
    for axis in (1, 2):
        side = int(pixels.shape[axis])
        edges = np.linspace(0, side, min(side, _SIDE) + 1).round().astype(np.int64)
        widths = np.diff(edges).astype(np.float32).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
        out = np.add.reduceat(out, edges[:-1], axis) / widths
    return out
