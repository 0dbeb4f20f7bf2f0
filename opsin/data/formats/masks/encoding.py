"""Mapping from the pixel values of masks to class indices."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from opsin.core import DataError
from opsin.geometry import IGNORED

from ..scan import count
from .pixel_values import IndexedMask, MaskMode, format_value, values_in_mode

IGNORED_NAMES = frozenset(
    ("ignore", "__ignore__", "_ignore_", "ignored", "void", "don't care", "dont care", "dontcare")
)


@dataclass(frozen=True, eq=False)
class MaskEncoding:
    """The class index of each pixel value.

    Attributes:
        names: Names of the classes.
        mode: Mode of the values.
        classes: Class index by value, IGNORED for unlabelled pixels.
        halves: True for two classes by threshold: values below 128 are class 0, others class 1.
        notes: Messages on the encoding.
        is_nearest: True for colours that are read as the most similar one in `classes`.
    """

    names: tuple[str, ...]
    mode: MaskMode
    classes: dict[int, int]
    halves: bool = False
    notes: tuple[str, ...] = ()
    is_nearest: bool = False

    def apply(self, mask: IndexedMask) -> np.ndarray:
        """Converts a mask to class indices.

        Args:
            mask: The mask.

        Returns:
            uint8 (height, width).

        Raises:
            DataError: A value is not in the encoding.
        """
        values = values_in_mode(mask, self.mode)
        if self.halves:
            return (values >= 128).astype(np.uint8)
        if self.is_nearest:
            return self._nearest(values)
        known = np.array(sorted(self.classes), values.dtype if values.dtype != np.uint8 else np.int32)
        index = np.array([self.classes[int(value)] for value in known], np.uint8)
        if values.dtype == np.uint8:
            table = np.full(256, -1, np.int16)
            table[known[known < 256]] = index[known < 256]
            found = table[values]
            if (found < 0).any():
                self._raise_unknown(values[found < 0])
            return found.astype(np.uint8)
        position = np.searchsorted(known, values).clip(0, len(known) - 1)
        unknown = known[position] != values
        if unknown.any():
            self._raise_unknown(values[unknown])
        return index[position]

    def _nearest(self, values: np.ndarray) -> np.ndarray:
        """Returns the class of the most similar colour, by the sum of the squared differences of its channels."""
        distinct, index = np.unique(values, return_inverse=True)
        known = np.array(sorted(self.classes))
        shifts = np.array([16, 8, 0])
        differences = (distinct[:, None, None] >> shifts & 255) - (known[None, :, None] >> shifts & 255)
        nearest = known[(differences.astype(np.int64) ** 2).sum(2).argmin(1)]
        classes = np.array([self.classes[value] for value in nearest.tolist()], np.uint8)
        return classes[index].reshape(values.shape)

    def without(self, ignored: set[int]) -> "MaskEncoding":
        """Returns the encoding with further values ignored and their classes removed.

        Args:
            ignored: Pixel values.
        """
        removed = {self.classes[value] for value in ignored & set(self.classes)} - {IGNORED}
        if not removed:
            return self
        kept = [index for index in range(len(self.names)) if index not in removed]
        new_index = {index: number for number, index in enumerate(kept)}
        classes = {value: new_index.get(index, IGNORED) for value, index in self.classes.items()}
        note = f"ignored as configured: {', '.join(self.names[index] for index in sorted(removed))}"
        return replace(
            self, names=tuple(self.names[index] for index in kept), classes=classes, notes=(*self.notes, note)
        )

    def _raise_unknown(self, unknown: np.ndarray) -> None:
        known = sorted(self.classes)
        listed = ", ".join(format_value(value, self.mode) for value in known[:8]) + (", ..." if len(known) > 8 else "")
        found = format_value(int(unknown[0]), self.mode)
        pixels = int((unknown == unknown[0]).sum())
        raise DataError(f"has the value {found} in {count(pixels, 'pixel')}. Expected {listed}.")


def dense_encoding(
    names: Mapping[int, str], mode: MaskMode, ignored: tuple[int, ...] = (), notes: tuple[str, ...] = ()
) -> MaskEncoding:
    """Builds an encoding with class indices in the order of the values.

    Args:
        names: Name by value; classes named ignore, void etc. are IGNORED.
        mode: Mode of the values.
        ignored: Further values that are IGNORED.
        notes: Messages to start with.

    Returns:
        The encoding.
    """
    unlabelled = {value for value, name in names.items() if name.strip().lower() in IGNORED_NAMES}
    kept = sorted(set(names) - unlabelled)
    classes = {value: index for index, value in enumerate(kept)} | dict.fromkeys((*unlabelled, *ignored), IGNORED)
    if unlabelled or ignored:
        listed = ", ".join(
            f"{value} ({names[value]})" if value in names else str(value) for value in (*unlabelled, *ignored)
        )
        notes = (*notes, f"pixels of the value {listed} are ignored: they are unlabelled")
    if kept != list(range(len(kept))) and len(kept) > 2:
        notes = (*notes, f"{len(kept)} classes with ids from {kept[0]} to {kept[-1]}, renumbered without gaps")
    return MaskEncoding(tuple(names[value] for value in kept), mode, classes, False, notes)
