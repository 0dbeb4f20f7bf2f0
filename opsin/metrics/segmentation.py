"""What two masks have in common, as counts an image, from which scores under any weights follow."""

import numpy as np
import torch
import torch.nn.functional as F

from opsin.geometry import IGNORED

TOLERANCE = 0.0075
"""How far apart two outlines may be, as a share of the image's diagonal (Perazzi et al. 2016)."""


def confusion(answers: np.ndarray, truths: np.ndarray, classes: int) -> np.ndarray:
    """(n, classes, classes) pixels of each truth (down) that got each answer (across); unknown ones are left out."""
    tables = np.zeros((len(truths), classes, classes))
    for row in range(len(truths)):
        truth, answer = np.asarray(truths[row]).ravel(), np.asarray(answers[row]).ravel()
        known = truth != IGNORED
        cells = truth[known].astype(np.int64) * classes + answer[known]
        tables[row] = np.bincount(cells, minlength=classes * classes)[: classes * classes].reshape(classes, classes)
    return tables


def boundary_counts(answers: np.ndarray, truths: np.ndarray, ignored: int | None = IGNORED) -> np.ndarray:
    """(n, 4): outline pixels answered that lie on a true one, all answered, true ones that were answered, all true.

    An outline is where a pixel differs from the next one below or to the right; near is within TOLERANCE.
    """
    counts = np.zeros((len(truths), 4))
    for row in range(len(truths)):
        truth, answer = np.array(truths[row]), np.array(answers[row])
        if ignored is not None:
            answer[truth == ignored] = ignored
        said, true = _outline(answer), _outline(truth)
        reach = max(1, round(TOLERANCE * float(np.hypot(*truth.shape))))
        counts[row] = (said & _grown(true, reach)).sum(), said.sum(), (true & _grown(said, reach)).sum(), true.sum()
    return counts


def boundary_f(counts: np.ndarray, weights: np.ndarray) -> float:
    """The F score of outlines, precision and recall over all pixels; 1 where there is none and none is answered."""
    near, said, found, true = weights @ counts
    if not said and not true:
        return 1.0
    precision, recall = near / said if said else 0.0, found / true if true else 0.0
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _outline(mask: np.ndarray) -> np.ndarray:
    edge = np.zeros(mask.shape, bool)
    edge[:-1] |= mask[:-1] != mask[1:]
    edge[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    return edge


def _grown(edge: np.ndarray, reach: int) -> np.ndarray:
    """Everything within a distance of `reach` pixels."""
    values = torch.from_numpy(edge)[None].float()
    grown = torch.zeros_like(values)
    for down in range(-reach, reach + 1):
        across = int((reach**2 - down**2) ** 0.5)
        wide = F.max_pool1d(values[0], 2 * across + 1, 1, across)[None]
        moved = torch.roll(wide, down, 1)
        if down > 0:
            moved[:, :down] = 0
        elif down < 0:
            moved[:, down:] = 0
        grown = torch.maximum(grown, moved)
    return grown[0].numpy() > 0
