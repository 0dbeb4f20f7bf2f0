"""Placement of an image or volume in the network's input, and the way back."""

from dataclasses import dataclass

import numpy as np

Affine = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Placement:
    """An image or volume, centred in the network's input.

    The image keeps its proportions and is as large as fits; with `input_spacing` it is resampled to that spacing
    instead, and what does not fit is cropped on both sides alike.

    Args:
        image: Spatial shape of the image, (height, width) or (depth, height, width).
        size: Spatial shape of the network's input, with as many axes.
        spacing: Distance between pixels of the image along each axis, in millimetres. Proportions are those of the
            real thing then; None where it is unknown, with proportions in pixels.
        affine: (4, 4) map from voxel indices of the image to world coordinates, in millimetres; None where unknown.
        input_spacing: Distance between pixels of the input along each axis, in millimetres. Default: as large as fits.

    Examples:
        >>> Placement((100, 200), (64, 64)).boxes_to_input(np.array([[0.0, 0.0, 200.0, 100.0]])).tolist()
        [[0.0, 16.0, 64.0, 48.0]]
    """

    image: tuple[int, ...]
    size: tuple[int, ...]
    spacing: tuple[float, ...] | None = None
    affine: Affine | None = None
    input_spacing: tuple[float, ...] | None = None

    @property
    def content_size(self) -> tuple[int, ...]:
        """Shape of the whole image at the scale of the input; it exceeds `size` where the image is cropped."""
        extent = self.image if self.spacing is None else self._products(self.spacing)
        if self.spacing is not None and self.input_spacing is not None:
            return tuple(max(1, round(a / b)) for a, b in zip(extent, self.input_spacing, strict=True))
        scale = min(side / length for side, length in zip(self.size, extent, strict=True))
        return tuple(min(side, max(1, round(length * scale))) for side, length in zip(self.size, extent, strict=True))

    @property
    def offset(self) -> tuple[int, ...]:
        """Index of the image's first pixel in the input; negative where the image is cropped."""
        return tuple((side - inner) // 2 for side, inner in zip(self.size, self.content_size, strict=True))

    @property
    def scales(self) -> tuple[float, ...]:
        """Pixels of the input for one of the image, along each axis."""
        return tuple(inner / length for inner, length in zip(self.content_size, self.image, strict=True))

    def boxes_to_input(self, boxes: np.ndarray) -> np.ndarray:
        """Moves boxes of a 2D image to the input.

        Args:
            boxes: (k, 4 or more): xmin, ymin, xmax, ymax in pixels of the image, and further values.

        Returns:
            The same, in pixels of the input.
        """
        (down, across), (top, left) = self.scales, self.offset
        moved = np.array(boxes)
        moved[:, :4] = boxes[:, :4] * [across, down, across, down] + [left, top, left, top]
        return moved

    def boxes_to_image(self, boxes: np.ndarray) -> np.ndarray:
        """Moves boxes of the input to the 2D image, and clips them to it.

        Args:
            boxes: (k, 4 or more): xmin, ymin, xmax, ymax in pixels of the input, and further values.

        Returns:
            The same, in pixels of the image.
        """
        (down, across), (top, left), (height, width) = self.scales, self.offset, self.image
        moved = np.array(boxes)
        moved[:, :4] = (boxes[:, :4] - [left, top, left, top]) / [across, down, across, down]
        moved[:, :4] = moved[:, :4].clip(0, [width, height, width, height])
        return moved

    def mask_to_input(self, mask: np.ndarray, fill: int) -> np.ndarray:
        """Resamples a mask to the input, each pixel to the nearest value.

        Args:
            mask: Array of the image's shape, of class indices or instances.
            fill: Value around the image.

        Returns:
            Array of the input's shape and the mask's type.
        """
        framed = np.full(self.size, fill, mask.dtype)
        into, picks = self.visible
        nearest = (_nearest(*pair) for pair in zip(self.image, self.content_size, strict=True))
        framed[into] = mask[np.ix_(*(rows[pick] for rows, pick in zip(nearest, picks, strict=True)))]
        return framed

    def mask_to_image(self, mask: np.ndarray, fill: int = 0) -> np.ndarray:
        """Resamples a mask of the input to the image, each pixel to the nearest value.

        Args:
            mask: Array of the input's shape, perhaps with further axes.
            fill: Value of the pixels of the image that were cropped.

        Returns:
            Array of the image's shape and the same further axes.
        """
        rows = [
            start + _nearest(inner, length)
            for start, inner, length in zip(self.offset, self.content_size, self.image, strict=True)
        ]
        inside = [(index >= 0) & (index < side) for index, side in zip(rows, self.size, strict=True)]
        found = mask[np.ix_(*(index.clip(0, side - 1) for index, side in zip(rows, self.size, strict=True)))]
        for axis, seen in enumerate(inside):
            if not seen.all():
                found[(slice(None),) * axis + (~seen,)] = fill
        return found

    @property
    def visible(self) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Slices of the input that the image covers, and slices of the resized image that are visible."""
        into, picks = list[slice](), list[slice]()
        for start, inner, side in zip(self.offset, self.content_size, self.size, strict=True):
            first, end = max(0, -start), min(inner, side - start)
            into.append(slice(start + first, start + end))
            picks.append(slice(first, end))
        return tuple(into), tuple(picks)

    def _products(self, spacing: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(length * distance for length, distance in zip(self.image, spacing, strict=True))


def _nearest(before: int, after: int) -> np.ndarray:
    """For each of `after` pixels the one of `before` whose centre lies nearest."""
    return ((np.arange(after) + 0.5) * before / after).astype(int).clip(0, before - 1)
