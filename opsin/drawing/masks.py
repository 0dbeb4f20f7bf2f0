"""Pictures of segmentation masks: image, ground truth, prediction and errors side by side."""

import numpy as np

from opsin.geometry import IGNORED

COLOURS = np.array(
    [(230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167)],
    np.uint8,
)
"""Colours that are safe for colour-blind readers (Okabe and Ito 2008)."""
MIN_SIDE, GAP = 224, 6
MISSED, FALSE, WRONG_CLASS = (213, 94, 0), (86, 180, 233), (240, 228, 66)


def mask_picture(
    pixels: np.ndarray, prediction: np.ndarray, ground_truth: np.ndarray | None, background: bool
) -> np.ndarray:
    """Draws an image, its ground-truth mask, its predicted mask and the errors side by side.

    Missed pixels are orange, false positives blue, pixels of a wrong class yellow. Without ground truth only the image
    and the prediction are drawn.

    Args:
        pixels: uint8 (height, width, 1 or 3).
        prediction: (height, width) codes of classes or objects.
        ground_truth: (height, width) codes; None when unknown.
        background: True when code 0 is the background, which is not coloured.

    Returns:
        uint8 (height, width, 3), enlarged to at least 224 pixels a side.
    """
    image = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    panels = [image] if ground_truth is None else [image, overlay(image, ground_truth, background)]
    panels.append(overlay(image, prediction, background))
    if ground_truth is not None:
        panels.append(_errors(image, prediction, ground_truth, background))
    large = [enlarged(panel) for panel in panels]
    gap = np.full((large[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([part for panel in large for part in (panel, gap)][:-1], 1)


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Repeats the pixels of a picture (height, width, 3) until its shorter side has at least 224."""
    times = max(1, -(-MIN_SIDE // min(picture.shape[:2])))
    return picture.repeat(times, 0).repeat(times, 1)


def palette(count: int) -> np.ndarray:
    """Returns `count` colours, uint8 (count, 3): COLOURS repeated in three shades."""
    rounds = np.arange(count) // len(COLOURS) % 3
    return (COLOURS[np.arange(count) % len(COLOURS)] * (0.75 ** rounds[:, None])).astype(np.uint8)


def overlay(image: np.ndarray, codes: np.ndarray, background: bool) -> np.ndarray:
    """Colours the codes of a mask over an image and draws their boundaries in white.

    Args:
        image: uint8 (height, width, 1 or 3).
        codes: (height, width) codes: uint8 of classes, any other type of objects.
        background: True when code 0 is the background, which is not coloured.

    Returns:
        uint8 (height, width, 3).
    """
    known = np.unique(codes)
    shown = [code for code in known.tolist() if code != IGNORED and (code or not background)]
    if codes.dtype == np.uint8:
        index = codes.astype(int) - int(background)
        colours = palette(256)[index.clip(0)]
    else:
        index = np.searchsorted(np.array(shown, codes.dtype), codes).clip(0, max(0, len(shown) - 1))
        colours = palette(max(1, len(shown)))[index]
    is_shown = np.isin(codes, shown)[:, :, None]
    mixed = np.where(is_shown, image * 0.45 + colours * 0.55, image)
    edge = np.zeros(codes.shape, bool)
    edge[:-1] |= codes[:-1] != codes[1:]
    edge[:, :-1] |= codes[:, :-1] != codes[:, 1:]
    return np.broadcast_to(np.where(edge[:, :, None], 255, mixed).astype(np.uint8), (*codes.shape, 3))


def _errors(image: np.ndarray, prediction: np.ndarray, ground_truth: np.ndarray, background: bool) -> np.ndarray:
    predicted, truth = _classes(prediction), _classes(ground_truth)
    is_error = (predicted != truth) & (truth != IGNORED)
    grey = image.mean(2, keepdims=True) * 0.6 + 60
    picture = np.broadcast_to(grey, image.shape).copy()
    picture[is_error] = WRONG_CLASS
    if background:
        picture[is_error & (predicted == 0)] = MISSED
        picture[is_error & (truth == 0)] = FALSE
    return picture.clip(0, 255).astype(np.uint8)


def _classes(codes: np.ndarray) -> np.ndarray:
    """Returns the class of each pixel; of object codes 0 is the background and classes start at 1."""
    return codes if codes.dtype == np.uint8 else codes % 256 + (codes > 0)
