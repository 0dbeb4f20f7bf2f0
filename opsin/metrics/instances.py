"""Objects answered against true ones by their pixels, image by image, for COCO's rules."""

from dataclasses import dataclass

import numpy as np

from .matching import Candidates, Matches, match

MOST = 1000
"""How many objects of one class in one image count: cells come in hundreds, and COCO's 100 would cut them off."""


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of one mask: their `codes`, `areas` in pixels, `classes`, and `scores` from 0 to 1."""

    codes: np.ndarray
    areas: np.ndarray
    classes: np.ndarray
    scores: np.ndarray


def objects_in(codes: np.ndarray, confidence: np.ndarray | None = None) -> Objects:
    """The objects of a mask (height, width) of codes: 0, or 256 times the number plus the class.

    `confidence` (height, width) from 0 to 255 is the same for all pixels of an object; None stands for certainty.
    """
    flat = np.asarray(codes).ravel()
    known, first, areas = np.unique(flat, return_index=True, return_counts=True)
    there = known > 0
    scores = np.ones(len(known)) if confidence is None else np.asarray(confidence).ravel()[first] / 255
    return Objects(known[there], areas[there].astype(float), known[there] % 256, scores[there])


def overlaps_of(answer: np.ndarray, said: Objects, truth: np.ndarray, true: Objects) -> np.ndarray:
    """(answered, true) intersections over unions, from one count of the pairs of codes."""
    shared = np.zeros((len(said.codes) + 1, len(true.codes) + 1))
    ours = np.searchsorted(said.codes, np.asarray(answer).ravel(), "right") * (np.asarray(answer).ravel() > 0)
    theirs = np.searchsorted(true.codes, np.asarray(truth).ravel(), "right") * (np.asarray(truth).ravel() > 0)
    shared += np.bincount(ours * shared.shape[1] + theirs, minlength=shared.size).reshape(shared.shape)
    inner = shared[1:, 1:]
    return inner / np.maximum(1, said.areas[:, None] + true.areas - inner)


def match_masks(raw: np.ndarray, targets: np.ndarray, classes: int) -> list[list[Matches]]:
    """For each class its matches, image by image; `raw` (n, height, width, 2), `targets` (n, height, width)."""
    found: list[list[Matches]] = [[] for _ in range(classes)]
    for row in range(len(targets)):
        answer, truth = np.asarray(raw[row]), np.asarray(targets[row])
        said, true = objects_in(answer[..., 0], answer[..., 1]), objects_in(truth)
        overlaps = overlaps_of(answer[..., 0], said, truth, true)
        for index in range(classes):
            ours, theirs = said.classes == index, true.classes == index
            of_class = overlaps[ours][:, theirs]
            crowd = np.zeros(int(theirs.sum()))
            one = Candidates(said.scores[ours], said.areas[ours], of_class, true.areas[theirs], crowd)
            found[index].append(match(one, most=MOST))
    return found
