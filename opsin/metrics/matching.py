"""Which answers are right: objects found are matched with true ones, by the rules of COCO's evaluation.

Lin et al. 2014, arXiv:1405.0312; the reference is `evaluateImg` of pycocotools.
"""

from dataclasses import dataclass

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""Overlaps from which on an object counts as found."""
AREAS = np.array([[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]], np.float64)
"""Square pixels of all, small, medium and large objects, both ends included."""
MOST = 100
"""How many answers of one class in one image count."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What is answered and what is true of one class in one image.

    `scores` (d) and `areas` (d) are of the answers, `true_areas` (g) and `crowd` (g) of the true objects, `overlaps`
    (d, g) intersections over unions; with a crowd over the answer's own area.
    """

    scores: np.ndarray
    areas: np.ndarray
    overlaps: np.ndarray
    true_areas: np.ndarray
    crowd: np.ndarray


@dataclass(frozen=True, eq=False)
class Matches:
    """What became of the answers of one class in one image, the highest score first, at most `most`.

    `order` (d) are their places in what was given and `scores` (d) theirs. `partner` (areas, thresholds, d) is the
    true object of each, -1 for none; `ignored` (areas, thresholds, d) says which count neither for nor against;
    `wanted` (areas) is how many true objects there are to find.
    """

    order: np.ndarray
    scores: np.ndarray
    partner: np.ndarray
    ignored: np.ndarray
    wanted: np.ndarray


def match(
    found: Candidates, thresholds: np.ndarray = THRESHOLDS, areas: np.ndarray = AREAS, most: int = MOST
) -> Matches:
    """Each answer, the highest score first, takes the true object left that it overlaps most, from a threshold on.

    Objects outside a range of areas, and crowds, are ignored: an answer takes one of them only when no other is left,
    and is ignored then, as is an answer outside the range that takes none. Of equal overlaps the last object is taken,
    of equal scores the first answer.
    """
    order = np.argsort(-found.scores, kind="stable")[:most]
    overlaps, low, high = found.overlaps[order], areas[:, :1], areas[:, 1:]
    aside = (found.true_areas < low) | (found.true_areas > high) | (found.crowd != 0)
    outside = (found.areas[order] < low) | (found.areas[order] > high)
    shape = (len(areas), len(thresholds))
    partner = np.full((*shape, len(order)), -1)
    free = np.ones((*shape, len(found.crowd)), bool)
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    for row in np.flatnonzero((overlaps >= least.min()).any(1)) if overlaps.size else ():
        near = np.flatnonzero(overlaps[row] >= least.min())
        near = near[np.argsort(overlaps[row, near], kind="stable")]
        can = free[:, :, near] & (overlaps[row, near] >= least)
        rank = np.where(can, np.arange(len(near)) + len(near) * ~aside[:, None, near], -1)
        chosen = np.where(can.any(2), near[rank.argmax(2)], -1)
        partner[:, :, row] = chosen
        area, threshold = np.nonzero((chosen >= 0) & (found.crowd[chosen] == 0))
        free[area, threshold, chosen[area, threshold]] = False
    ignored = np.broadcast_to(outside[:, None], partner.shape)
    if len(found.crowd):
        taken = np.take_along_axis(np.broadcast_to(aside[:, None], free.shape), partner.clip(0), 2)
        ignored = np.where(partner >= 0, taken, ignored)
    return Matches(order, found.scores[order], partner, ignored, (~aside).sum(1))


def box_overlaps(answers: np.ndarray, truths: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """(d, g) float64 intersections over unions of boxes (d, 4 or more) and (g, 4 or more).

    With a crowd the intersection over the answer's own area. Step by step as pycocotools does it (left corner and
    width), so that both round alike at a threshold.

    >>> box_overlaps(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [0, 0, 9, 9]]), np.array([0, 1])).round(3)
    array([[0.333, 1.   ]])
    """
    (corner, size), (true_corner, true_size) = _corner_and_size(answers), _corner_and_size(truths)
    ends = np.minimum((corner + size)[:, None], true_corner + true_size)
    inside = (ends - np.maximum(corner[:, None], true_corner)).clip(0).prod(2)
    own = size.prod(1)[:, None]
    around = np.where(crowd != 0, own, own + true_size.prod(1) - inside)
    return np.divide(inside, around, out=np.zeros_like(inside), where=inside > 0)


def _corner_and_size(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    corners = boxes[:, :4].astype(np.float64)
    return corners[:, :2], corners[:, 2:] - corners[:, :2]
