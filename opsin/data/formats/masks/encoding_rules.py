"""Rules that infer the encoding of masks: class ids, colours or object ids."""

from collections.abc import Iterable

import numpy as np

from opsin.core import DataError
from opsin.geometry import IGNORED
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from ..scan import count
from .class_names import ClassNames
from .encoding import MaskEncoding, dense_encoding
from .value_statistics import NEAR, MaskStatistics

_MIN_FRACTION = 0.97
_MIN_MIDDLE_VALUES = 64
_MIN_BETWEEN = 0.9
_MIN_RIM = 0.5
_MIN_SIMILAR = 0.9
_SIMILAR = 48
_BINARY = ("background", "foreground")
ADD_NAMES = "add a classes.txt next to the masks, with a line such as '0 background' for each value"


def infer_encoding(stats: MaskStatistics, names: ClassNames | None, ignored: Iterable[int] = ()) -> MaskEncoding:
    """Infers the classes of the pixel values.

    Args:
        stats: Statistics of all masks.
        names: Names of the classes; None without a file of names.
        ignored: Values that are IGNORED.

    Returns:
        The encoding.

    Raises:
        DataError: The values are ambiguous or not class ids; the message describes them.
    """
    encoding = _threshold_encoding(stats, names)
    if encoding is None:
        if stats.lossy and stats.mode != "colour" and not set(stats.pixels) <= {0, 255}:
            raise DataError(f"masks are JPEG files, {stats.summary()}. JPEG changes class ids. Fix: save them as PNG.")
        if names is not None and names.colours and stats.mode == "colour":
            encoding = _by_colour(stats, names)
        elif stats.mode == "colour":
            encoding = _two_colours(stats)
        elif names is not None:
            encoding = _by_names(stats, names)
        else:
            encoding = _without_names(stats)
    encoding = encoding.without(set(ignored))
    if len(encoding.names) > MOST_CLASSES_IN_MASK:
        raise DataError(
            f"{len(encoding.names)} classes, {stats.summary()}. Expected at most {MOST_CLASSES_IN_MASK}. "
            "Fix: set the task to instances if each value is an object."
        )
    if len(encoding.names) < 2:
        raise DataError(f"only the class {list(encoding.names)}, {stats.summary()}. Expected at least two.")
    return encoding


def looks_like_instances(stats: MaskStatistics) -> bool:
    """Returns True when values look like object ids: 1 to k in nearly all masks, with different k.

    Args:
        stats: Statistics of all masks.
    """
    if stats.mode == "colour" or stats.lossy or set(stats.pixels) <= {0, 1, 255}:
        return False
    if max(stats.pixels) > 255 and set(stats.pixels) != {0, 65535}:
        return True
    return stats.numbered_share >= 0.8 and stats.largest_count >= 8 and stats.distinct_counts >= min(3, stats.masks)


def _threshold_encoding(stats: MaskStatistics, names: ClassNames | None) -> MaskEncoding | None:
    """Returns an encoding by threshold when nearly all pixels are close to 0 or 255, as in JPEG files."""
    if stats.mode != "grey" or max(stats.pixels) > 255 or (names is not None and len(names.names) != 2):
        return None
    middle = [value for value in stats.pixels if value not in (0, 255)]
    if not middle or min(stats.pixels) > NEAR or max(stats.pixels) < 255 - NEAR:
        return None
    total = sum(stats.pixels.values())
    near = sum(pixels for value, pixels in stats.pixels.items() if value <= NEAR or value >= 255 - NEAR)
    if not (_are_edges(stats, total - near) or _are_noise(stats, middle, near / total)):
        return None
    class_names = _BINARY if names is None else tuple(names.names[id] for id in sorted(names.names))
    percent = f"{100 * near / total:.1f} %"
    note = f"masks have {len(stats.pixels)} grey values, {percent} of pixels near 0 or 255: thresholded at 128"
    return MaskEncoding(class_names, "grey", {0: 0, 255: 1}, True, (note,))


def _are_noise(stats: MaskStatistics, middle: list[int], near: float) -> bool:
    """Returns True for values that JPEG or resizing scattered around 0 and 255, with few pixels between."""
    if near < _MIN_FRACTION:
        return False
    if stats.lossy:
        return True
    if all(value <= NEAR or value >= 255 - NEAR for value in middle):
        return any(value >= 255 - NEAR for value in middle)  # low values and 255 alone may be class ids
    bright = sum(128 < value < 255 - NEAR // 2 for value in middle)
    return len(middle) >= _MIN_MIDDLE_VALUES and bright >= _MIN_MIDDLE_VALUES // 4


def _are_edges(stats: MaskStatistics, middle_pixels: int) -> bool:
    """Returns True when the values between 0 and 255 are at the edges of white areas, as smoothing leaves them.

    A single value all around white areas may be a class of outlines.
    """
    inspected, between = stats.edges
    bright = sum(pixels for value, pixels in stats.pixels.items() if value >= 255 - NEAR)
    if not inspected or between < _MIN_BETWEEN * inspected or middle_pixels > bright:
        return False
    values = [value for value in stats.pixels if NEAR < value < 255 - NEAR]
    return len(values) > 1 or inspected < _MIN_RIM * stats.rim


def _without_names(stats: MaskStatistics) -> MaskEncoding:
    values = stats.values()
    top = values[-1]
    if values == [0, top] and (top in (1, 65535) or 128 <= top <= 255):
        return dense_encoding({0: _BINARY[0], top: _BINARY[1]}, stats.mode)
    if values == [0, 1, 255]:
        return dense_encoding({0: _BINARY[0], 1: _BINARY[1]}, stats.mode, (255,))
    ids = [value for value in values if value != IGNORED]
    if IGNORED in values and stats.mode == "grey" and len(ids) > 1 and _are_evenly_spaced(values):
        raise DataError(f"{stats.summary()}. 255 may be a class or mark unlabelled pixels. Fix: {ADD_NAMES}.")
    if max(ids, default=0) > IGNORED:
        raise DataError(
            f"{stats.summary()}. Values are too large for class ids. Fix: {ADD_NAMES}, or set the task to instances if "
            "each value is an object."
        )
    return dense_encoding({id: str(id) for id in ids}, stats.mode, (255,) if IGNORED in values else ())


def _are_evenly_spaced(values: list[int]) -> bool:
    """Returns True for evenly spaced grey values such as 0, 128, 255."""
    step = 255 / (len(values) - 1)
    return step > 8 and all(abs(value - index * step) < 3 for index, value in enumerate(values))


def _by_names(stats: MaskStatistics, names: ClassNames) -> MaskEncoding:
    """Assigns names to values: by id, by grey, in order, or shifted by one for a missing background."""
    values = stats.values()
    greys = {colour & 255: names.names[id] for colour, id in names.colours.items() if colour % 0x010101 == 0}
    if len(greys) == len(names.names) and set(values) - {0, IGNORED} <= greys.keys():
        unlabelled = (IGNORED,) if IGNORED in values and IGNORED not in greys else ()
        return dense_encoding({0: _BINARY[0]} | greys if 0 in values else greys, stats.mode, unlabelled)
    listed = sorted(names.names)
    ids = set(values) - {IGNORED}
    unlabelled = (IGNORED,) if IGNORED in values and IGNORED not in names.names else ()
    in_order = {value: names.names[id] for value, id in zip(values, listed, strict=False)}
    if values == [0, IGNORED] and listed == [0, 1]:
        return dense_encoding(in_order, stats.mode)
    unambiguous = values != [0, IGNORED] or not unlabelled  # otherwise all but the background would be ignored
    if unambiguous and ids <= set(listed):
        return dense_encoding(names.names, stats.mode, unlabelled)
    if not names.has_ids and len(values) == len(listed):
        assigned = ", ".join(f"{value} {name}" for value, name in in_order.items())
        return dense_encoding(
            in_order, stats.mode, (), (f"values assigned in the order of {names.source}: {assigned}",)
        )
    shifted = {0: _BINARY[0]} | {id + 1: name for id, name in names.names.items()}
    if (
        unambiguous
        and not names.has_ids
        and ids <= set(shifted)
        and max(ids) == len(listed)
        and _BINARY[0] not in in_order.values()
    ):
        return dense_encoding(
            shifted, stats.mode, unlabelled, (f"0 is read as the background: {names.source} has no name for it",)
        )
    unknown = sorted(set(values) - set(listed) - (set(unlabelled) if unambiguous else set()))
    raise DataError(
        f"{stats.summary()}; {names.source} names {len(listed)} classes and none for "
        f"{', '.join(map(str, unknown[:5]))}. Expected a name for each value but 255."
    )


def _by_colour(stats: MaskStatistics, names: ClassNames) -> MaskEncoding:
    unknown = [value for value in stats.values() if value not in names.colours]
    share = _similar_share(stats, names.colours)
    is_nearest = bool(unknown) and share >= (_MIN_SIMILAR if stats.lossy else _MIN_FRACTION)
    if unknown and not is_nearest:
        listed = ", ".join(stats.name(value) for value in unknown[:5])
        raise DataError(f"{stats.summary()}; {names.source} has no class for {listed}. Expected one for each colour.")
    index_of = {id: index for index, id in enumerate(sorted(names.names))}
    classes = {colour: index_of[id] for colour, id in names.colours.items()}
    notes = (f"{count(unknown, 'colour')} read as the most similar one of {names.source}",) if is_nearest else ()
    return MaskEncoding(tuple(names.names[id] for id in index_of), "colour", classes, False, notes, is_nearest)


def _similar_share(stats: MaskStatistics, colours: Iterable[int]) -> float:
    """Returns the share of the pixels with one of the colours; in JPEG files, with a similar one."""
    known = np.array(sorted(colours))
    values = np.array(stats.values())
    shifts = np.array([16, 8, 0])
    differences = np.abs((values[:, None, None] >> shifts & 255) - (known[None, :, None] >> shifts & 255)).max(2).min(1)
    similar = differences <= (_SIMILAR if stats.lossy else 0)
    pixels = np.array([stats.pixels[value] for value in values.tolist()])
    return float(pixels[similar].sum() / pixels.sum())


def _two_colours(stats: MaskStatistics) -> MaskEncoding:
    common = sorted(stats.pixels, key=lambda value: -stats.pixels[value])[:2]
    background, foreground = (0, max(common)) if 0 in common else common
    share = _similar_share(stats, common)
    is_nearest = len(stats.pixels) > 2 and share >= (_MIN_SIMILAR if stats.lossy else _MIN_FRACTION)
    if len(stats.pixels) == 2 or is_nearest:
        called = "black" if background == 0 else f"the more frequent {stats.name(background)}"
        note = f"two colours: {called} is the background, {stats.name(foreground)} (red/green/blue) the foreground"
        note += "; other colours read as the more similar one" if is_nearest else ""
        return MaskEncoding(_BINARY, "colour", {background: 0, foreground: 1}, False, (note,), is_nearest)
    raise DataError(
        f"{stats.summary()} (red/green/blue). Expected class ids or named colours. Fix: add a classes.txt next to the "
        "masks, with a line such as 'road 128 64 128' for each colour."
    )
