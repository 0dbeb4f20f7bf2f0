"""Windows onto a large image: equal parts that overlap and together cover it."""

from dataclasses import dataclass

OVERLAP = 0.25
"""The least share of a window that its neighbour sees too."""


@dataclass(frozen=True)
class Tile:
    """The pixels from row `top` to `bottom` and from column `left` to `right`, the last ones not included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    def intersection(self, other: "Tile") -> "Tile | None":
        """What both see, None when that is nothing."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Tile(top, left, bottom, right) if top < bottom and left < right else None


def tile_grid(size: tuple[int, int], window: tuple[int, int]) -> list[Tile]:
    """Windows of (height, width) `window`, row by row, over an image of (height, width) `size`.

    They are spread evenly, neighbours share a quarter or more, and none is larger than the image.

    >>> [window.left for window in tile_grid((10, 26), (12, 12))]
    [0, 7, 14]
    """
    rows, columns = (_starts(*pair) for pair in zip(size, window, strict=True))
    high, wide = min(size[0], window[0]), min(size[1], window[1])
    return [Tile(top, left, top + high, left + wide) for top in rows for left in columns]


def _starts(length: int, window: int) -> list[int]:
    if length <= window:
        return [0]
    free = length - window
    steps = -(-free // max(1, int(window * (1 - OVERLAP))))
    return [round(step * free / steps) for step in range(steps + 1)]
