"""The one spelling of a shape."""

from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]
"""Sizes without the batch, as people read them: (height, width, channels)."""
