"""Noise with brighter boxes of three classes, the same for all detectors."""

import numpy as np


def scenes(count: int, side: int, objects: int = 20) -> tuple[np.ndarray, list[np.ndarray]]:
    """Returns uint8 (count, side, side, 3) and boxes per image, float32 (objects, 5): xmin, ymin, xmax, ymax, class."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 128, (count, side, side, 3), np.uint8)
    boxes: list[np.ndarray] = []
    for image in pixels:
        corner = random.integers(0, side - side // 8, (objects, 2))
        size = random.integers(side // 20, side // 8, (objects, 2))
        label = random.integers(0, 3, objects)
        for (x, y), (wide, high), channel in zip(corner, size, label, strict=True):
            image[y : y + high, x : x + wide, channel] |= 128
        boxes.append(np.column_stack([corner, corner + size, label]).astype(np.float32))
    return pixels, boxes
