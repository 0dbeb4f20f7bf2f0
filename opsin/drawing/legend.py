"""Legends of pictures: the meaning of each colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from .masks import FALSE, MISSED, WRONG_CLASS, palette


@dataclass(frozen=True)
class Key:
    """A colour of a picture and its meaning.

    Attributes:
        name: Meaning of the colour.
        colour: Red, green and blue, 0 to 255.
        dashed: True for dashed lines.
    """

    name: str
    colour: tuple[int, int, int]
    dashed: bool = False


def class_keys(names: Sequence[str]) -> tuple[Key, ...]:
    """Returns one key per class, in the colours of the palette.

    Args:
        names: Class names.

    Examples:
        >>> class_keys(["cat"])
        (Key(name='cat', colour=(230, 159, 0), dashed=False),)
    """
    colours = palette(len(names)).tolist()
    return tuple(Key(name, (red, green, blue)) for name, (red, green, blue) in zip(names, colours, strict=True))


def error_keys(background: bool, several: bool) -> tuple[Key, ...]:
    """Returns the colours of errors in pictures of masks.

    Args:
        background: True when there is a background: pixels can be missed or false positives.
        several: True when there are several classes besides the background.
    """
    errors = (Key("missed pixels", MISSED), Key("false positive pixels", FALSE)) if background else ()
    return (*errors, Key("pixels of a wrong class", WRONG_CLASS)) if several or not background else errors
