"""Which class each value of a mask is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from opsin.core import DataError
from opsin.geometry import IGNORED

from ..scan import count
from .pixel_values import IndexedMask, MaskMode, format_value, values_in_mode

IGNORED_NAMES = frozenset(("ignore", "ignored", "void", "don't care", "dont care", "dontcare"))


@dataclass(frozen=True, eq=False)
class MaskEncoding:
    """Values and the class index of each (IGNORED where nobody knows); `halves`: below 128 is 0, from there on 1."""

    names: tuple[str, ...]
    mode: MaskMode
    classes: dict[int, int]
    halves: bool = False
    notes: tuple[str, ...] = ()

    def apply(self, raw: IndexedMask) -> np.ndarray:
        """One mask as uint8 class indices; DataError for a value that no class has."""
        values = values_in_mode(raw, self.mode)
        if self.halves:
            return (values >= 128).astype(np.uint8)
        known = np.array(sorted(self.classes), values.dtype if values.dtype != np.uint8 else np.int32)
        index = np.array([self.classes[int(value)] for value in known], np.uint8)
        if values.dtype == np.uint8:
            table = np.full(256, -1, np.int16)
            table[known[known < 256]] = index[known < 256]
            found = table[values]
            if (found < 0).any():
                self._refuse(values[found < 0])
            return found.astype(np.uint8)
        place = np.searchsorted(known, values).clip(0, len(known) - 1)
        foreign = known[place] != values
        if foreign.any():
            self._refuse(values[foreign])
        return index[place]

    def without(self, ignored: set[int]) -> "MaskEncoding":
        """The same with more values ignored, and their classes gone."""
        gone = {self.classes[value] for value in ignored & set(self.classes)} - {IGNORED}
        if not gone:
            return self
        kept = [place for place in range(len(self.names)) if place not in gone]
        order = {place: new for new, place in enumerate(kept)}
        classes = {value: order.get(place, IGNORED) for value, place in self.classes.items()}
        note = f"ignored as asked: {', '.join(self.names[place] for place in sorted(gone))}"
        return replace(
            self, names=tuple(self.names[place] for place in kept), classes=classes, notes=(*self.notes, note)
        )

    def _refuse(self, foreign: np.ndarray) -> None:
        known = sorted(self.classes)
        listed = ", ".join(format_value(value, self.mode) for value in known[:8]) + (", ..." if len(known) > 8 else "")
        found = format_value(int(foreign[0]), self.mode)
        many = int((foreign == foreign[0]).sum())
        raise DataError(f"holds {found} in {count(many, 'pixel')}. Expected {listed}.")


def dense_encoding(
    names: Mapping[int, str], mode: MaskMode, ignored: tuple[int, ...] = (), notes: tuple[str, ...] = ()
) -> MaskEncoding:
    """Class indices in the order of the values; `ignored` values and classes called so are IGNORED."""
    void = {value for value, name in names.items() if name.strip().lower() in IGNORED_NAMES}
    kept = sorted(set(names) - void)
    classes = {value: place for place, value in enumerate(kept)} | dict.fromkeys((*void, *ignored), IGNORED)
    if void or ignored:
        said = ", ".join(f"{value} ({names[value]})" if value in names else str(value) for value in (*void, *ignored))
        notes = (*notes, f"pixels of the value {said} are ignored: nobody says what is there")
    if kept != list(range(len(kept))) and len(kept) > 2:
        notes = (*notes, f"{len(kept)} classes with ids from {kept[0]} to {kept[-1]}, numbered anew without gaps")
    return MaskEncoding(tuple(names[value] for value in kept), mode, classes, False, notes)
