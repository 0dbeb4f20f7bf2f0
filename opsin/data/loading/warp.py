"""Affine warps and flips of each image of a batch, with OpenCV (docs/decisions/0009-opencv.md)."""

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor


def warp_affine(images: Tensor, forward: Tensor, outside: Tensor | None = None) -> Tensor:
    """Warps images with bilinear interpolation.

    Args:
        images: uint8 (n, height, width, 1 or 3).
        forward: (n, 2, 3) maps of points (x, y), in pixels from the centre of the image.
        outside: (n, channels) colour of pixels from outside of the image. Default: the image, reflected.

    Returns:
        uint8 of the same shape.

    Examples:
        >>> mirror = torch.tensor([[[-1.0, 0, 0], [0, 1, 0]]])
        >>> warp_affine(torch.tensor([[[[1], [2], [3]]]], dtype=torch.uint8), mirror).flatten().tolist()
        [3, 2, 1]
    """
    import cv2

    border = cv2.BORDER_REFLECT if outside is None else cv2.BORDER_CONSTANT
    colours = np.zeros((len(images), 1)) if outside is None else outside.double().numpy()
    return torch.from_numpy(_warp(images.numpy(), forward, cv2.INTER_LINEAR, border, colours))


def warp_masks(masks: Tensor, forward: Tensor, outside: int) -> Tensor:
    """Warps masks (n, height, width), uint8 or codes up to 2**24, to the nearest value, as `warp_affine` does."""
    import cv2

    values = masks.numpy() if masks.dtype == torch.uint8 else masks.float().numpy()  # which OpenCV can move
    moved = _warp(values, forward, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT, np.full((len(masks), 1), float(outside)))
    return torch.from_numpy(moved).to(masks.dtype)


def flip_and_translate(images: Tensor, flipped: Tensor, step: Tensor) -> Tensor:
    """Flips images horizontally and moves them by whole pixels; the borders are reflected about the outermost pixels.

    Args:
        images: uint8 (n, height, width, 1 or 3).
        flipped: (n,) bool, the images to flip.
        step: (2, n) pixels by which the view moves down and to the right, after the flip.

    Returns:
        uint8 of the same shape.

    Examples:
        >>> row = torch.tensor([[[[1], [2], [3]]]], dtype=torch.uint8)
        >>> flip_and_translate(row, torch.tensor([False]), torch.tensor([[0], [1]])).flatten().tolist()
        [2, 3, 2]
    """
    import cv2

    height, width = images.shape[1:3]
    given, out, reach = images.numpy(), np.empty(images.shape, np.uint8), int(step.abs().max()) if len(images) else 0
    flat, targets = (given[..., 0], out[..., 0]) if images.shape[3] == 1 else (given, out)
    with _one_thread():
        for image, target, flip, down, right in zip(
            flat, targets, flipped.tolist(), *(step + reach).tolist(), strict=True
        ):
            oriented = cv2.flip(image, 1) if flip else image
            padded = cv2.copyMakeBorder(oriented, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
            target[...] = padded[down : down + height, right : right + width]
    return torch.from_numpy(out)


def _warp(images: np.ndarray, forward: Tensor, how: int, border: int, colours: np.ndarray) -> np.ndarray:
    import cv2

    height, width = images.shape[1:3]
    maps = forward.double().numpy().copy()
    middle = np.array([(width - 1) / 2, (height - 1) / 2])  # of pixels counted from the middle of the first
    maps[:, :, 2] += middle - maps[:, :, :2] @ middle
    out = np.empty_like(images)
    with _one_thread():
        for image, place, one, colour in zip(images, out, maps, colours, strict=True):
            cv2.warpAffine(image, one, (width, height), place, how, border, colour)
    return out


@contextmanager
def _one_thread() -> Generator[None]:
    """Runs OpenCV on one thread, as the network uses the other cores, and restores the number of threads."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
