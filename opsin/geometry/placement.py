"""Where an image stands in the frame that the network sees, and back again."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Placement:
    """An image of (height, width) `image`, as it stands centred in an input of (height, width) `size`.

    The one place that says where `fit_image` puts an image, so that boxes and masks move with it.

    >>> Placement((100, 200), (64, 64)).boxes_to_input(np.array([[0.0, 0.0, 200.0, 100.0]])).tolist()
    [[0.0, 16.0, 64.0, 48.0]]
    """

    image: tuple[int, int]
    size: tuple[int, int]

    @property
    def content_size(self) -> tuple[int, int]:
        """The height and width that the image has in the frame: its shape kept, as large as fits."""
        (height, width), (high, wide) = self.image, self.size
        scale = min(high / height, wide / width)
        return min(high, max(1, round(height * scale))), min(wide, max(1, round(width * scale)))

    @property
    def offset(self) -> tuple[int, int]:
        """The row and column of its upper left pixel in the frame."""
        inner_height, inner_width = self.content_size
        return (self.size[0] - inner_height) // 2, (self.size[1] - inner_width) // 2

    @property
    def scales(self) -> tuple[float, float]:
        """Pixels of the frame for one of the image, down and across."""
        inner_height, inner_width = self.content_size
        return inner_height / self.image[0], inner_width / self.image[1]

    def boxes_to_input(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (k, 4 or more: xmin, ymin, xmax, ymax, ...) from pixels of the image to pixels of the frame."""
        (down, across), (top, left) = self.scales, self.offset
        moved = np.array(boxes)
        moved[:, :4] = boxes[:, :4] * [across, down, across, down] + [left, top, left, top]
        return moved

    def boxes_to_image(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes from pixels of the frame to pixels of the image, cut at its borders."""
        (down, across), (top, left), (height, width) = self.scales, self.offset, self.image
        moved = np.array(boxes)
        moved[:, :4] = (boxes[:, :4] - [left, top, left, top]) / [across, down, across, down]
        moved[:, :4] = moved[:, :4].clip(0, [width, height, width, height])
        return moved

    def mask_to_input(self, mask: np.ndarray, fill: int) -> np.ndarray:
        """A mask (height, width) of the image in the frame, `fill` around it: each pixel takes the nearest value."""
        top, left = self.offset
        rows, columns = (_nearest(before, after) for before, after in zip(self.image, self.content_size, strict=True))
        framed = np.full(self.size, fill, mask.dtype)
        framed[top : top + len(rows), left : left + len(columns)] = mask[rows[:, None], columns]
        return framed

    def mask_to_image(self, mask: np.ndarray) -> np.ndarray:
        """A mask (height, width, ...) of the frame at the size of the image: each pixel takes the nearest value."""
        top, left = self.offset
        rows, columns = (_nearest(after, before) for before, after in zip(self.image, self.content_size, strict=True))
        return mask[(top + rows)[:, None], left + columns]


def _nearest(before: int, after: int) -> np.ndarray:
    """For each of `after` pixels the one of `before` whose centre lies nearest."""
    return ((np.arange(after) + 0.5) * before / after).astype(int).clip(0, before - 1)
