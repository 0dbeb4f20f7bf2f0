"""Type of a shape."""

from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]
"""Sizes without the batch axis, channels last: (height, width, channels) or (depth, height, width, channels)."""
