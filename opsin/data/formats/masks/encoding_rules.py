"""What the values of masks mean: which class each is, or that each is an object."""

from collections.abc import Iterable

from opsin.core import DataError
from opsin.geometry import IGNORED
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from .class_names import ClassNames
from .encoding import MaskEncoding, dense_encoding
from .value_statistics import MaskStatistics

_NEAR = 16
_MOSTLY = 0.97
_MANY = 64
_BINARY = ("background", "foreground")
MEND = "put a classes.txt beside the masks, a line such as '0 background' for each value"


def infer_encoding(stats: MaskStatistics, names: ClassNames | None, ignored: Iterable[int] = ()) -> MaskEncoding:
    """The classes of the values; DataError, saying what was seen, when it cannot be told."""
    encoding = _halves(stats, names)
    if encoding is None:
        if stats.lossy and not set(stats.pixels) <= {0, 255}:
            raise DataError(f"masks are JPEG pictures, {stats.summary()}; JPEG changes class ids: save them as PNG")
        if names is not None and names.colours and stats.mode == "colour":
            encoding = _by_colour(stats, names)
        elif stats.mode == "colour":
            encoding = _two_colours(stats)
        elif names is not None:
            encoding = _named(stats, names)
        else:
            encoding = _unnamed(stats)
    encoding = encoding.without(set(ignored))
    if len(encoding.names) > MOST_CLASSES_IN_MASK:
        raise DataError(
            f"{len(encoding.names)} classes, {stats.summary()}. Expected at most {MOST_CLASSES_IN_MASK} "
            "(if each value is an object, say task instances)."
        )
    if len(encoding.names) < 2:
        raise DataError(f"only the class {list(encoding.names)}, {stats.summary()}. Expected at least two.")
    return encoding


def looks_like_instances(stats: MaskStatistics) -> bool:
    """Whether the values look like numbers of objects: 1 to k in nearly every mask, k different from mask to mask."""
    if stats.mode == "colour" or stats.lossy or set(stats.pixels) <= {0, 1, 255}:
        return False
    if max(stats.pixels) > 255 and set(stats.pixels) != {0, 65535}:
        return True
    return stats.numbered >= 0.8 and stats.largest >= 8 and stats.varied >= min(3, stats.masks)


def _halves(stats: MaskStatistics, names: ClassNames | None) -> MaskEncoding | None:
    """Two classes when nearly all pixels are nearly 0 or nearly 255, with fringes between, as JPEG makes them."""
    if stats.mode != "grey" or max(stats.pixels) > 255 or (names is not None and len(names.names) != 2):
        return None
    between = [value for value in stats.pixels if value not in (0, 255)]
    if not between or min(stats.pixels) > _NEAR or max(stats.pixels) < 255 - _NEAR:
        return None
    upper = sum(128 < value < 255 - _NEAR // 2 for value in between)
    if not stats.lossy and (len(between) < _MANY or upper < _MANY // 4):
        return None
    total = sum(stats.pixels.values())
    near = sum(many for value, many in stats.pixels.items() if value <= _NEAR or value >= 255 - _NEAR)
    if near < _MOSTLY * total:
        return None
    both = _BINARY if names is None else tuple(names.names[id] for id in sorted(names.names))
    note = f"masks hold {len(stats.pixels)} grey values, {100 * near / total:.1f} % of them near 0 or 255: cut at 128"
    return MaskEncoding(both, "grey", {0: 0, 255: 1}, True, (note,))


def _unnamed(stats: MaskStatistics) -> MaskEncoding:
    values = stats.values()
    top = values[-1]
    if values == [0, top] and top in (1, 255, 65535):
        return dense_encoding({0: _BINARY[0], top: _BINARY[1]}, stats.mode)
    if values == [0, 1, 255]:
        return dense_encoding({0: _BINARY[0], 1: _BINARY[1]}, stats.mode, (255,))
    ids = [value for value in values if value != IGNORED]
    if IGNORED in values and stats.mode == "grey" and len(ids) > 1 and _levels(values):
        raise DataError(f"{stats.summary()}: 255 may be a class or mean that nobody knows; {MEND}")
    if max(ids, default=0) > IGNORED:
        raise DataError(
            f"{stats.summary()}: too large for class ids; {MEND}, or say task instances if each value is an object"
        )
    return dense_encoding({id: str(id) for id in ids}, stats.mode, (255,) if IGNORED in values else ())


def _levels(values: list[int]) -> bool:
    """Evenly spread grey values such as 0, 128, 255, chosen to be seen."""
    step = 255 / (len(values) - 1)
    return step > 8 and all(abs(value - place * step) < 3 for place, value in enumerate(values))


def _named(stats: MaskStatistics, names: ClassNames) -> MaskEncoding:
    """Values by the names of a file, in whichever way they fit."""
    values = stats.values()
    listed = sorted(names.names)
    ids = set(values) - {IGNORED}
    spare = (IGNORED,) if IGNORED in values and IGNORED not in names.names else ()
    in_turn = {value: names.names[id] for value, id in zip(values, listed, strict=False)}
    if values == [0, IGNORED] and listed == [0, 1]:
        return dense_encoding(in_turn, stats.mode)
    clear = values != [0, IGNORED] or not spare  # else all but the background were ignored
    if clear and ids <= set(listed):
        return dense_encoding(names.names, stats.mode, spare)
    if not names.numbered and len(values) == len(listed):
        said = ", ".join(f"{value} {name}" for value, name in in_turn.items())
        return dense_encoding(in_turn, stats.mode, (), (f"values taken in the order of {names.source}: {said}",))
    shifted = {0: _BINARY[0]} | {id + 1: name for id, name in names.names.items()}
    if (
        clear
        and not names.numbered
        and ids <= set(shifted)
        and max(ids) == len(listed)
        and _BINARY[0] not in in_turn.values()
    ):
        return dense_encoding(
            shifted, stats.mode, spare, (f"0 is taken for the background: {names.source} has no name for it",)
        )
    foreign = sorted(set(values) - set(listed) - (set(spare) if clear else set()))
    raise DataError(
        f"{stats.summary()}; {names.source} names {len(listed)} classes and none for "
        f"{', '.join(map(str, foreign[:5]))}. Expected a name for each value but 255."
    )


def _by_colour(stats: MaskStatistics, names: ClassNames) -> MaskEncoding:
    foreign = [value for value in stats.values() if value not in names.colours]
    if foreign:
        listed = ", ".join(stats.name(value) for value in foreign[:5])
        raise DataError(f"{stats.summary()}; {names.source} has no class for {listed}. Expected one for each colour.")
    order = {id: place for place, id in enumerate(sorted(names.names))}
    classes = {colour: order[id] for colour, id in names.colours.items()}
    return MaskEncoding(tuple(names.names[id] for id in order), "colour", classes)


def _two_colours(stats: MaskStatistics) -> MaskEncoding:
    values = stats.values()
    if len(values) == 2 and values[0] == 0:
        note = f"two colours: black is the background, {stats.name(values[1])} (red/green/blue) the foreground"
        return MaskEncoding(_BINARY, "colour", {0: 0, values[1]: 1}, False, (note,))
    raise DataError(
        f"{stats.summary()} (red/green/blue); put a classes.txt beside the masks, a line such as 'road 128 64 128' for "
        "each colour, or save class ids"
    )
