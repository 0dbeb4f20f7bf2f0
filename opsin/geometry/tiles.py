"""Tiles of a large image or volume: equal parts that overlap and together cover it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

OVERLAP = 0.25
"""Least share of a tile that its neighbour covers too."""


@dataclass(frozen=True)
class Tile:
    """The pixels with indices from `start` to `stop` along each axis, `stop` excluded."""

    start: tuple[int, ...]
    stop: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return tuple(stop - start for start, stop in zip(self.start, self.stop, strict=True))

    @property
    def slices(self) -> tuple[slice, ...]:
        """Index of the tile's pixels in the image."""
        return tuple(slice(start, stop) for start, stop in zip(self.start, self.stop, strict=True))

    @property
    def top(self) -> int:
        """First row."""
        return self.start[-2]

    @property
    def left(self) -> int:
        """First column."""
        return self.start[-1]

    @property
    def bottom(self) -> int:
        """End of the rows."""
        return self.stop[-2]

    @property
    def right(self) -> int:
        """End of the columns."""
        return self.stop[-1]

    def intersection(self, other: "Tile") -> "Tile | None":
        """Returns the pixels that are in both tiles, None where there are none."""
        start = tuple(max(pair) for pair in zip(self.start, other.start, strict=True))
        stop = tuple(min(pair) for pair in zip(self.stop, other.stop, strict=True))
        return Tile(start, stop) if all(a < b for a, b in zip(start, stop, strict=True)) else None


def tile_grid(size: Sequence[int], window: Sequence[int]) -> list[Tile]:
    """Covers an image or volume with tiles, spread evenly; neighbours share a quarter or more.

    Args:
        size: Spatial shape of the image.
        window: Spatial shape of a tile, with as many axes; along an axis where the image is smaller, a tile is as
            large as the image.

    Returns:
        The tiles, those along the last axis next to each other.

    Examples:
        >>> [tile.left for tile in tile_grid((10, 26), (12, 12))]
        [0, 7, 14]
    """
    shape = tuple(min(pair) for pair in zip(size, window, strict=True))
    starts = product(*(_starts(*pair) for pair in zip(size, window, strict=True)))
    return [Tile(start, tuple(map(sum, zip(start, shape, strict=True)))) for start in starts]


def _starts(length: int, window: int) -> list[int]:
    if length <= window:
        return [0]
    free = length - window
    steps = -(-free // max(1, int(window * (1 - OVERLAP))))
    return [round(step * free / steps) for step in range(steps + 1)]
