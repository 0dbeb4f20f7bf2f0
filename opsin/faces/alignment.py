"""Alignment of faces: a similarity transform of the landmarks to a template, as dlib's `get_face_chip`."""

import numpy as np

from opsin.data.store.face_preprocessing import similarity

from .networks import CHIP

_PADDING = 0.25
_BORDER = 4.0
"""Border that the halving of an image needs, in pixels of the aligned face."""
_TEMPLATE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
"""Landmarks in an aligned face without padding, as a share of its side."""


def align(pixels: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Returns the aligned face.

    Args:
        pixels: uint8 (height, width, 3).
        landmarks: (5, 2) x and y in pixels of the image, in the order of `find_landmarks`.

    Returns:
        uint8 (CHIP, CHIP, 3); black outside the image.
    """
    import cv2

    target = (_TEMPLATE + _PADDING) / (1 + 2 * _PADDING) * CHIP - 0.5  # dlib counts from the corner of a pixel
    matrix = similarity(target, landmarks)  # from the aligned face to the image
    pixels, corner = _around(pixels, matrix)
    matrix[:, 2] -= corner
    while np.hypot(*matrix[:, 0]) > 2:  # bilinear interpolation would skip pixels
        pixels, matrix = cv2.pyrDown(pixels), matrix / 2
    return cv2.warpAffine(pixels, matrix, (CHIP, CHIP), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def _around(pixels: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the part of an image that an aligned face covers, with a border, and its upper left corner (x, y)."""
    corners = np.array([[0.0, 0, 1], [CHIP, 0, 1], [0, CHIP, 1], [CHIP, CHIP, 1]]) @ matrix.T
    border = _BORDER * max(1.0, float(np.hypot(*matrix[:, 0])))
    low = np.floor(np.maximum(corners.min(0) - border, 0)).astype(int)
    high = np.ceil(np.maximum(corners.max(0) + border, low + 1)).astype(int)
    low = np.minimum(low, np.array(pixels.shape[1::-1]) - 1)
    return pixels[low[1] : high[1], low[0] : high[0]], low
