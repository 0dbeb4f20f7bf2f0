"""Masks from outlines: the polygons or run lengths of objects in COCO and YOLO files."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.core import DataError
from opsin.geometry import IGNORED
from opsin.geometry.instance_masks import crop_mask, largest_first, stack_instances
from opsin.geometry.polygons import polygon_mask
from opsin.geometry.rle import decode_runs, runs_size

from ...targets import INSTANCES, TargetKind
from ..exif import upright_mask


@dataclass(frozen=True, eq=False)
class Outline:
    """The outline of one object.

    Attributes:
        label: Class index.
        polygons: Corners (m, 2) of x and y in pixels of each polygon.
        rle: Run lengths as in COCO, in place of polygons.
        crowd: True for a group of objects.
        orientation: EXIF orientation between the run lengths and the upright image.
    """

    label: int
    polygons: tuple[np.ndarray, ...] = ()
    rle: Mapping[str, Any] | None = None
    crowd: bool = False
    orientation: int = 1

    def mask(self, height: int, width: int) -> np.ndarray:
        """Draws the object.

        Args:
            height: Height of the image in pixels.
            width: Width of the image in pixels.

        Returns:
            Bool (height, width).

        Raises:
            DataError: The outline is invalid, or of another size.
        """
        if self.rle is None:
            return polygon_mask(self.polygons, height, width)
        size = runs_size(self.rle)
        mask = upright_mask(decode_runs(self.rle), self.orientation)
        if mask.shape != (height, width):
            raise DataError(
                f"has run lengths of {size[0]}x{size[1]}, but the image is {height}x{width}. Expected the same size."
            )
        return mask


class OutlineMasks:
    """Masks drawn from outlines, smaller objects on top; an image without outlines is background.

    In class masks the class index is the label + 1, 0 is the background, and crowds are IGNORED where there is no
    object. In instance masks each visible outline is an object, and crowds are background.

    Args:
        outlines: Outlines by id of the image.
        size: Returns height and width of an image from its id.
        kind: MASKS or INSTANCES.
    """

    def __init__(
        self,
        outlines: Mapping[str, Sequence[Outline]],
        size: Callable[[str], tuple[int, int]],
        kind: TargetKind,
    ) -> None:
        self._outlines = outlines
        self._size = size
        self._kind = kind

    def read(self, id: str) -> np.ndarray:
        """Returns uint8 class indices or int32 instances, (height, width); raises DataError for invalid outlines.

        Args:
            id: Id of the image.
        """
        outlines = self._outlines.get(id, ())
        height, width = self._size(id)
        objects = [outline for outline in outlines if not outline.crowd]
        masks = (outline.mask(height, width) for outline in objects)
        if self._kind is INSTANCES:
            return stack_instances(masks, [outline.label for outline in objects], (height, width))
        classes = np.zeros((height, width), np.uint8)
        for outline in outlines:
            if outline.crowd:
                classes[outline.mask(height, width)] = IGNORED
        crops = [crop_mask(mask) for mask in masks]
        for index in largest_first(crops):
            crops[index].paint(classes, objects[index].label + 1)
        return classes

    def stamp(self, id: str) -> str:
        """Returns a digest of the outlines of an image, to detect changes.

        Args:
            id: Id of the image.
        """
        digest = hashlib.blake2b(self._kind.word.encode(), digest_size=16)
        for outline in self._outlines.get(id, ()):
            digest.update(f"|{outline.label}{int(outline.crowd)}{len(outline.polygons)}{outline.orientation}".encode())
            for polygon in outline.polygons:
                points = np.ascontiguousarray(polygon, np.float64)
                digest.update(f"{points.shape}".encode() + points.tobytes())
            if outline.rle is not None:
                digest.update(repr((outline.rle.get("size"), outline.rle.get("counts"))).encode())
        return digest.hexdigest()
