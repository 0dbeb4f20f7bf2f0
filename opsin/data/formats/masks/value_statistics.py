"""What values the masks of a data set hold, looked up before anybody says what they mean."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError

from ..scan import count
from .pixel_values import IndexedMask, MaskMode, format_value, read_mask, value_counts

MOST_SURVEYED = 5000
"""Of more masks so many are looked at, spread evenly; a value that comes up later is an error of its mask."""
MOST_VALUES = 70_000
_BLACK_AND_WHITE = {0x000000, 0xFFFFFF}


@dataclass(frozen=True)
class MaskStatistics:
    """Pixels by value over all masks looked at, and what else tells class ids from numbers of objects.

    `lossy` masks are JPEGs. `numbered` is the share of the masks with anything in them whose values are exactly 1 to
    some k, `largest` the largest k and `varied` how many different ones there are. `broken` says which masks cannot
    be read, and why.
    """

    masks: int
    pixels: dict[int, int]
    mode: MaskMode
    lossy: int = 0
    numbered: float = 0.0
    largest: int = 0
    varied: int = 0
    broken: tuple[str, ...] = ()

    def values(self) -> list[int]:
        """The distinct values, in order."""
        return sorted(self.pixels)

    def summary(self, limit: int = 6) -> str:
        """What was seen, in words: the commonest values and their shares of all pixels."""
        total = sum(self.pixels.values()) or 1
        often = sorted(self.pixels, key=lambda value: (-self.pixels[value], value))
        words = [f"{self.name(value)} ({100 * self.pixels[value] / total:.3g} %)" for value in often[:limit]]
        more = f" and {len(often) - limit} more" if len(often) > limit else ""
        what = "colour" if self.mode == "colour" else "value"
        return f"{count(self.masks, 'mask')} with {count(often, what)}: {', '.join(words)}{more}"

    def name(self, value: int) -> str:
        """A value or colour as text."""
        return format_value(value, self.mode)


@dataclass(frozen=True)
class _One:
    values: np.ndarray
    pixels: np.ndarray
    mode: MaskMode
    colours: np.ndarray
    lossy: bool


def mask_statistics(paths: Sequence[str], read: Callable[[str], bytes]) -> MaskStatistics:
    """Looks at the masks at `paths`; DataError when none of them can be read."""
    spread = np.linspace(0, len(paths) - 1, min(len(paths), MOST_SURVEYED)).round().astype(int)
    chosen = [paths[place] for place in np.unique(spread).tolist()]

    def look(path: str) -> _One | str:
        try:
            raw = read_mask(read(path))
            values, pixels = value_counts(raw.values)
            return _One(values, pixels, raw.mode, _colours(raw, values), raw.lossy)
        except DataError as error:
            return f"{path} {error}".rstrip(".")

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        looked = list(pool.map(look, chosen))
    broken = tuple(one for one in looked if isinstance(one, str))
    ones = [one for one in looked if not isinstance(one, str)]
    if not ones:
        raise DataError(f"none of {count(chosen, 'mask')} can be read: {broken[0] if broken else 'there are none'}")
    mode = _reading(ones)
    pixels: dict[int, int] = {}
    numbered: list[int] = []
    filled = 0
    for one in ones:
        values = _as(one, mode)
        for value, many in zip(values.tolist(), one.pixels.tolist(), strict=True):
            pixels[value] = pixels.get(value, 0) + many
        if len(pixels) > MOST_VALUES:
            raise DataError(f"the masks hold more than {MOST_VALUES:,} values, as photographs do. Expected class ids.")
        above = values[values > 0]
        filled += bool(len(above))
        if len(above) and int(above.max()) == len(above):
            numbered.append(len(above))
    share = len(numbered) / filled if filled else 0.0
    lossy = sum(one.lossy for one in ones)
    return MaskStatistics(len(ones), pixels, mode, lossy, share, max(numbered, default=0), len(set(numbered)), broken)


def _colours(raw: IndexedMask, values: np.ndarray) -> np.ndarray:
    return IndexedMask(values, raw.mode, raw.lossy, raw.palette).as_colours()


def _as(one: _One, mode: MaskMode) -> np.ndarray:
    if mode == "colour":
        return one.colours
    return one.colours & 255 if one.mode == "index" and mode == "grey" else one.values


def _reading(ones: list[_One]) -> MaskMode:
    """How the values are to be taken, all masks together.

    Palettes of black and white alone are grey pictures; palettes that give one index several colours (each file has
    its own) are coloured pictures.
    """
    if any(one.mode == "colour" for one in ones):
        return "colour"
    palettes = [one for one in ones if one.mode == "index"]
    if not palettes:
        return "grey"
    if all(set(one.colours.tolist()) <= _BLACK_AND_WHITE for one in palettes):
        return "grey"
    colour_of: dict[int, int] = {}
    for one in palettes:
        for index, colour in zip(one.values.tolist(), one.colours.tolist(), strict=True):
            if colour_of.setdefault(index, colour) != colour:
                return "colour"
    return "index"
