"""Face detection: a convolutional network scores windows at each level of an image pyramid (King, arXiv:1502.00046)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from opsin.core import choose_precision
from opsin.geometry.boxes import nms
from opsin.runtime.inference import FusedNetwork, fuse

from .dlib_files import NetworkLayer
from .networks import detection_network, input_mean

WINDOW = 80
"""Height and width of the window that the network scores: the smallest face at full size, in pixels."""
_STEP = 5 / 6
_BORDER = 11
_SMALLEST_LEVEL = 40
_CELL, _FIRST = 8, 14
"""Distance of the cells of the output, and the centre of the first, in pixels of the input."""
_SLACK = 0.1
"""Score below the threshold at which a level is left out after bfloat16, whose scores differ by less."""
_MARGIN, _OVERLAP = 12, 21
"""Cells around a candidate that its score depends on, and pixels that neighbouring cells share."""
_MAX_IOU = 0.338
"""Overlap above which the lower score is removed, as in the file."""


@dataclass(frozen=True)
class Detections:
    """Faces of one image.

    Attributes:
        boxes: float64 (faces, 4): left, top, right and bottom in pixels; may reach beyond the image.
        scores: float64 (faces,), the highest first; above 0.
    """

    boxes: np.ndarray
    scores: np.ndarray


class Detector:
    """Finds faces of WINDOW pixels and more.

    Where the processor has bfloat16, levels of the pyramid without a face are found in it; scores are float32.

    Args:
        stored: Layers of the detector's file.
        name: Name of the file, for messages.
    """

    def __init__(self, stored: Sequence[NetworkLayer], name: str) -> None:
        network = detection_network(stored, name)
        first = network.get_submodule(str(network.layers[0].name))
        fold_input(first, input_mean(stored))
        self.network: FusedNetwork = fuse(network, torch.float32)
        precision = choose_precision(torch.device("cpu"))
        self.screen = None if precision == torch.float32 else fuse(network, precision)

    @torch.inference_mode()
    def find(self, pixels: np.ndarray, scale: float = 1.0, threshold: float = 0.0) -> Detections:
        """Finds the faces of an image.

        Args:
            pixels: uint8 (height, width, 3), RGB.
            scale: Size at which the image is searched: 2 finds faces of half of WINDOW, 0.5 is four times as fast.
            threshold: Lowest score.
        """
        found: list[np.ndarray] = []
        scores: list[np.ndarray] = []
        for level, (across, down) in _pyramid(pixels, scale):
            output, origin = self._scores(_tensor(level), threshold)
            rows, columns = np.nonzero(output > threshold)
            centres = (np.stack([columns, rows], 1) + origin) * _CELL + (_FIRST - _BORDER)
            corners = np.concatenate([centres - WINDOW / 2, centres + WINDOW / 2], 1) + 0.5
            found.append(corners / (across, down, across, down) - 0.5)
            scores.append(output[rows, columns].astype(np.float64))
        boxes, values = np.concatenate(found or [np.zeros((0, 4))]), np.concatenate(scores or [np.zeros(0)])
        kept = nms(torch.from_numpy(boxes), torch.from_numpy(values), torch.zeros(len(values)), _MAX_IOU).numpy()
        return Detections(boxes[kept], values[kept])

    def _scores(self, level: Tensor, threshold: float) -> tuple[np.ndarray, tuple[int, int]]:
        """Returns the scores of the part of a level that may hold faces, and its first column and row."""
        if self.screen is None:
            return self.network.logits(level)[0, 0].numpy(), (0, 0)
        rows, columns = torch.nonzero(self.screen.logits(level)[0, 0] > threshold - _SLACK, as_tuple=True)
        if not len(rows):
            return np.zeros((0, 0), np.float32), (0, 0)
        top, left = (max(0, int(part.min()) - _MARGIN) for part in (rows, columns))
        bottom, right = (_CELL * (int(part.max()) + 1 + _MARGIN) + _OVERLAP for part in (rows, columns))
        part = level[:, :, _CELL * top : bottom, _CELL * left : right]
        return self.network.logits(part)[0, 0].numpy(), (left, top)


def _pyramid(pixels: np.ndarray, scale: float) -> Iterator[tuple[np.ndarray, tuple[float, float]]]:
    """Generates the image at decreasing sizes, with the two scales of each."""
    import cv2

    height, width = pixels.shape[:2]
    level, factor = pixels, scale
    while min(height, width) * factor >= _SMALLEST_LEVEL:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        if size != level.shape[1::-1]:
            shrinks = size[0] < level.shape[1] / 2  # linear interpolation would skip pixels
            level = cv2.resize(level, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        yield level, (size[0] / width, size[1] / height)
        factor *= _STEP


def _tensor(level: np.ndarray) -> Tensor:
    """Returns a level with a black border as (1, 3, height, width) in channels_last memory."""
    height, width = level.shape[:2]
    padded = np.zeros((1, height + 2 * _BORDER, width + 2 * _BORDER, 3), np.float32)
    padded[0, _BORDER:-_BORDER, _BORDER:-_BORDER] = level
    return torch.from_numpy(padded).permute(0, 3, 1, 2)


@torch.no_grad()
def fold_input(convolution: torch.nn.Module, mean: Sequence[float]) -> None:
    """Changes a convolution without padding to take pixels as they are."""
    weight, bias = convolution.get_parameter("weight"), convolution.get_parameter("bias")
    weight /= 256
    bias -= (weight * torch.tensor(mean)[:, None, None]).sum((1, 2, 3))
