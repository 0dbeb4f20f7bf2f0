"""Rules that infer the encoding of masks: class ids, colours or object ids."""

from collections.abc import Iterable

from opsin.core import DataError
from opsin.geometry import IGNORED
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from .class_names import ClassNames
from .encoding import MaskEncoding, dense_encoding
from .value_statistics import MaskStatistics

_TOLERANCE = 16
_MIN_FRACTION = 0.97
_MIN_MIDDLE_VALUES = 64
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
        if stats.lossy and not set(stats.pixels) <= {0, 255}:
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
    if not middle or min(stats.pixels) > _TOLERANCE or max(stats.pixels) < 255 - _TOLERANCE:
        return None
    bright = sum(128 < value < 255 - _TOLERANCE // 2 for value in middle)
    if not stats.lossy and (len(middle) < _MIN_MIDDLE_VALUES or bright < _MIN_MIDDLE_VALUES // 4):
        return None
    total = sum(stats.pixels.values())
    near = sum(pixels for value, pixels in stats.pixels.items() if value <= _TOLERANCE or value >= 255 - _TOLERANCE)
    if near < _MIN_FRACTION * total:
        return None
    class_names = _BINARY if names is None else tuple(names.names[id] for id in sorted(names.names))
    percent = f"{100 * near / total:.1f} %"
    note = f"masks have {len(stats.pixels)} grey values, {percent} of pixels near 0 or 255: thresholded at 128"
    return MaskEncoding(class_names, "grey", {0: 0, 255: 1}, True, (note,))


def _without_names(stats: MaskStatistics) -> MaskEncoding:
    values = stats.values()
    top = values[-1]
    if values == [0, top] and top in (1, 255, 65535):
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
    """Assigns names to values: by id, in order, or shifted by one for a missing background."""
    values = stats.values()
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
    if unknown:
        listed = ", ".join(stats.name(value) for value in unknown[:5])
        raise DataError(f"{stats.summary()}; {names.source} has no class for {listed}. Expected one for each colour.")
    index_of = {id: index for index, id in enumerate(sorted(names.names))}
    classes = {colour: index_of[id] for colour, id in names.colours.items()}
    return MaskEncoding(tuple(names.names[id] for id in index_of), "colour", classes)


def _two_colours(stats: MaskStatistics) -> MaskEncoding:
    values = stats.values()
    if len(values) == 2 and values[0] == 0:
        note = f"two colours: black is the background, {stats.name(values[1])} (red/green/blue) the foreground"
        return MaskEncoding(_BINARY, "colour", {0: 0, values[1]: 1}, False, (note,))
    raise DataError(
        f"{stats.summary()} (red/green/blue). Expected class ids or named colours. Fix: add a classes.txt next to the "
        "masks, with a line such as 'road 128 64 128' for each colour."
    )
