"""Five landmarks of a face by a cascade of regression trees (Kazemi and Sullivan, CVPR 2014)."""

import numpy as np

from opsin.data.store.face_preprocessing import similarity

from .dlib_files import TreeCascades


def find_landmarks(trees: TreeCascades, pixels: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Finds the landmarks of one face.

    Args:
        trees: The shape predictor.
        pixels: uint8 (height, width, 3), RGB.
        box: (4,) left, top, right and bottom of the face, in pixels.

    Returns:
        float64 (landmarks, 2): x and y in pixels of the image. Of the five: outer and inner corner of the right eye
        in the image, outer and inner corner of the left eye, base of the nose.
    """
    corner, size = box[:2], box[2:] - box[:2]
    shape = trees.mean.astype(np.float64)
    for cascade in trees.cascades:
        matrix = similarity(trees.mean, shape)[:, :2]
        points = shape[cascade.anchors] + cascade.offsets @ matrix.T
        values = _intensities(pixels, points * size + corner)
        node = np.zeros(len(cascade.pairs), np.int64)
        tree = np.arange(len(node))
        splits = cascade.thresholds.shape[1]
        while node[0] < splits:  # all trees have one depth
            first, second = cascade.pairs[tree, node].T
            right = values[first] - values[second] <= cascade.thresholds[tree, node]
            node = 2 * node + 1 + right
        shape = shape + cascade.leaves[tree, node - splits].sum(0, dtype=np.float64)
    return shape * size + corner


def _intensities(pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Returns the mean of red, green and blue at the nearest pixel of each point, 0 outside the image."""
    height, width = pixels.shape[:2]
    x, y = np.floor(points + 0.5).astype(np.int64).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = pixels[np.where(inside, y, 0), np.where(inside, x, 0)].astype(np.int64).sum(1) // 3
    return np.where(inside, found, 0)
