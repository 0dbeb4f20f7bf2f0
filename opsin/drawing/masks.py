"""Masks as pictures: the image, the truth, the answer, and where they differ, side by side."""

import numpy as np

from opsin.geometry import IGNORED

COLOURS = np.array(
    [(230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167)],
    np.uint8,
)
"""Okabe and Ito's colours, which people with any colour vision tell apart."""
LEAST_SIDE, GAP = 224, 6
_MISSED, _FALSE, _OTHER = (213, 94, 0), (86, 180, 233), (240, 228, 66)


def mask_picture(pixels: np.ndarray, answer: np.ndarray, truth: np.ndarray | None, background: bool) -> np.ndarray:
    """The image, (the truth,) the answer (and what is wrong with it), uint8 (height, width, 3).

    `answer` and `truth` are (height, width) codes, of classes or of objects; with `background` 0 is left uncoloured.
    Wrong pixels are orange where something was missed, blue where something is told that is not there, and yellow
    where it is another.
    """
    image = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    panels = [image] if truth is None else [image, overlay(image, truth, background)]
    panels.append(overlay(image, answer, background))
    if truth is not None:
        panels.append(_errors(image, answer, truth, background))
    times = max(1, -(-LEAST_SIDE // min(image.shape[:2])))
    large = [panel.repeat(times, 0).repeat(times, 1) for panel in panels]
    gap = np.full((large[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([part for panel in large for part in (panel, gap)][:-1], 1)


def palette(count: int) -> np.ndarray:
    """So many colours, (count, 3): those of COLOURS over and over, in three shades."""
    rounds = np.arange(count) // len(COLOURS) % 3
    return (COLOURS[np.arange(count) % len(COLOURS)] * (0.75 ** rounds[:, None])).astype(np.uint8)


def overlay(image: np.ndarray, codes: np.ndarray, background: bool) -> np.ndarray:
    """The image, uint8 (height, width, 1 or 3), with every code in its colour and outlines, uint8 (height, width, 3).

    With `background` code 0 is left uncoloured.
    """
    known = np.unique(codes)
    shown = [code for code in known.tolist() if code != IGNORED and (code or not background)]
    if codes.dtype == np.uint8:
        number = codes.astype(int) - int(background)
        colours = palette(256)[number.clip(0)]
    else:
        place = np.searchsorted(np.array(shown, codes.dtype), codes).clip(0, max(0, len(shown) - 1))
        colours = palette(max(1, len(shown)))[place]
    there = np.isin(codes, shown)[:, :, None]
    mixed = np.where(there, image * 0.45 + colours * 0.55, image)
    edge = np.zeros(codes.shape, bool)
    edge[:-1] |= codes[:-1] != codes[1:]
    edge[:, :-1] |= codes[:, :-1] != codes[:, 1:]
    return np.broadcast_to(np.where(edge[:, :, None], 255, mixed).astype(np.uint8), (*codes.shape, 3))


def _errors(image: np.ndarray, answer: np.ndarray, truth: np.ndarray, background: bool) -> np.ndarray:
    of_answer, of_truth = (codes % 256 + (codes > 0) if codes.dtype != np.uint8 else codes for codes in (answer, truth))
    wrong = (of_answer != of_truth) & (of_truth != IGNORED)
    grey = image.mean(2, keepdims=True) * 0.6 + 60
    picture = np.broadcast_to(grey, image.shape).copy()
    picture[wrong] = _OTHER
    if background:
        picture[wrong & (of_answer == 0)] = _MISSED
        picture[wrong & (of_truth == 0)] = _FALSE
    return picture.clip(0, 255).astype(np.uint8)
