"""Geometry of a convolution: stride, zero padding, dilation and groups."""

from dataclasses import dataclass

Pairs = tuple[tuple[int, int], ...]
"""(before, after) of each spatial axis."""


@dataclass(frozen=True)
class ConvGeometry:
    """Stride, zero padding (before, after) and dilation of each spatial axis, and the number of groups."""

    stride: tuple[int, ...]
    padding: Pairs
    dilation: tuple[int, ...]
    groups: int

    @property
    def is_symmetric(self) -> bool:
        """True where each axis has as many zeros before as after, the only padding that torch's convolutions take."""
        return all(before == after for before, after in self.padding)

    @property
    def zeros_before(self) -> tuple[int, ...]:
        """Zeros before each spatial axis; torch's `padding` where the geometry is symmetric."""
        return tuple(before for before, _ in self.padding)
