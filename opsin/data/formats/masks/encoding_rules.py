"""What the values of masks mean: which class each is, or that each is an object."""

from collections.abc import Iterable

from opsin.core import DataError
from opsin.geometry import IGNORED
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from .class_names import ClassNames
from .encoding import MaskEncoding, dense_encoding
from .value_statistics import MaskSurvey

_NEAR = 16
_MOSTLY = 0.97
_MANY = 64
_BINARY = ("background", "foreground")
MEND = "put a classes.txt beside the masks, a line such as '0 background' for each value"


def infer_encoding(survey: MaskSurvey, names: ClassNames | None, ignored: Iterable[int] = ()) -> MaskEncoding:
    """The classes of the values; DataError, saying what was seen, when it cannot be told."""
    coding = _halves(survey, names)
    if coding is None:
        if survey.lossy and not set(survey.pixels) <= {0, 255}:
            raise DataError(f"masks are JPEG pictures, {survey.seen()}; JPEG changes class ids: save them as PNG")
        if names is not None and names.colours and survey.reading == "colour":
            coding = _by_colour(survey, names)
        elif survey.reading == "colour":
            coding = _two_colours(survey)
        elif names is not None:
            coding = _named(survey, names)
        else:
            coding = _unnamed(survey)
    coding = coding.without(set(ignored))
    if len(coding.names) > MOST_CLASSES_IN_MASK:
        raise DataError(
            f"{len(coding.names)} classes, {survey.seen()}; expected at most {MOST_CLASSES_IN_MASK} "
            "(if each value is an object, say task instances)"
        )
    if len(coding.names) < 2:
        raise DataError(f"only the class {list(coding.names)}, {survey.seen()}; expected at least two")
    return coding


def looks_numbered(survey: MaskSurvey) -> bool:
    """Whether the values look like numbers of objects: 1 to k in nearly every mask, k different from mask to mask."""
    if survey.reading == "colour" or survey.lossy or set(survey.pixels) <= {0, 1, 255}:
        return False
    if max(survey.pixels) > 255 and set(survey.pixels) != {0, 65535}:
        return True
    return survey.numbered >= 0.8 and survey.largest >= 8 and survey.varied >= min(3, survey.masks)


def _halves(survey: MaskSurvey, names: ClassNames | None) -> MaskEncoding | None:
    """Two classes when nearly all pixels are nearly 0 or nearly 255, with fringes between, as JPEG makes them."""
    if survey.reading != "grey" or max(survey.pixels) > 255 or (names is not None and len(names.names) != 2):
        return None
    between = [value for value in survey.pixels if value not in (0, 255)]
    if not between or min(survey.pixels) > _NEAR or max(survey.pixels) < 255 - _NEAR:
        return None
    upper = sum(128 < value < 255 - _NEAR // 2 for value in between)
    if not survey.lossy and (len(between) < _MANY or upper < _MANY // 4):
        return None
    total = sum(survey.pixels.values())
    near = sum(many for value, many in survey.pixels.items() if value <= _NEAR or value >= 255 - _NEAR)
    if near < _MOSTLY * total:
        return None
    both = _BINARY if names is None else tuple(names.names[id] for id in sorted(names.names))
    note = f"masks hold {len(survey.pixels)} grey values, {100 * near / total:.1f} % of them near 0 or 255: cut at 128"
    return MaskEncoding(both, "grey", {0: 0, 255: 1}, True, (note,))


def _unnamed(survey: MaskSurvey) -> MaskEncoding:
    values = survey.values()
    top = values[-1]
    if values == [0, top] and top in (1, 255, 65535):
        return dense_encoding({0: _BINARY[0], top: _BINARY[1]}, survey.reading)
    if values == [0, 1, 255]:
        return dense_encoding({0: _BINARY[0], 1: _BINARY[1]}, survey.reading, (255,))
    ids = [value for value in values if value != IGNORED]
    if IGNORED in values and survey.reading == "grey" and len(ids) > 1 and _levels(values):
        raise DataError(f"{survey.seen()}: 255 may be a class or mean that nobody knows; {MEND}")
    if max(ids, default=0) > IGNORED:
        raise DataError(
            f"{survey.seen()}: too large for class ids; {MEND}, or say task instances if each value is an object"
        )
    return dense_encoding({id: str(id) for id in ids}, survey.reading, (255,) if IGNORED in values else ())


def _levels(values: list[int]) -> bool:
    """Evenly spread grey values such as 0, 128, 255, chosen to be seen."""
    step = 255 / (len(values) - 1)
    return step > 8 and all(abs(value - place * step) < 3 for place, value in enumerate(values))


def _named(survey: MaskSurvey, names: ClassNames) -> MaskEncoding:
    """Values by the names of a file, in whichever way they fit."""
    values = survey.values()
    listed = sorted(names.names)
    ids = set(values) - {IGNORED}
    spare = (IGNORED,) if IGNORED in values and IGNORED not in names.names else ()
    in_turn = {value: names.names[id] for value, id in zip(values, listed, strict=False)}
    if values == [0, IGNORED] and listed == [0, 1]:
        return dense_encoding(in_turn, survey.reading)
    clear = values != [0, IGNORED] or not spare  # else all but the background were ignored
    if clear and ids <= set(listed):
        return dense_encoding(names.names, survey.reading, spare)
    if not names.numbered and len(values) == len(listed):
        said = ", ".join(f"{value} {name}" for value, name in in_turn.items())
        return dense_encoding(in_turn, survey.reading, (), (f"values taken in the order of {names.source}: {said}",))
    shifted = {0: _BINARY[0]} | {id + 1: name for id, name in names.names.items()}
    if (
        clear
        and not names.numbered
        and ids <= set(shifted)
        and max(ids) == len(listed)
        and _BINARY[0] not in in_turn.values()
    ):
        return dense_encoding(
            shifted, survey.reading, spare, (f"0 is taken for the background: {names.source} has no name for it",)
        )
    foreign = sorted(set(values) - set(listed) - (set(spare) if clear else set()))
    raise DataError(
        f"{survey.seen()}; {names.source} names {len(listed)} classes and none for {', '.join(map(str, foreign[:5]))}; "
        "expected a name for each value but 255"
    )


def _by_colour(survey: MaskSurvey, names: ClassNames) -> MaskEncoding:
    foreign = [value for value in survey.values() if value not in names.colours]
    if foreign:
        listed = ", ".join(survey.name(value) for value in foreign[:5])
        raise DataError(f"{survey.seen()}; {names.source} has no class for {listed}; expected one for each colour")
    order = {id: place for place, id in enumerate(sorted(names.names))}
    classes = {colour: order[id] for colour, id in names.colours.items()}
    return MaskEncoding(tuple(names.names[id] for id in order), "colour", classes)


def _two_colours(survey: MaskSurvey) -> MaskEncoding:
    values = survey.values()
    if len(values) == 2 and values[0] == 0:
        note = f"two colours: black is the background, {survey.name(values[1])} (red/green/blue) the foreground"
        return MaskEncoding(_BINARY, "colour", {0: 0, values[1]: 1}, False, (note,))
    raise DataError(
        f"{survey.seen()} (red/green/blue); put a classes.txt beside the masks, a line such as 'road 128 64 128' for "
        "each colour, or save class ids"
    )
