"""Choice among several sets of masks of the same images: second observers, fields of view, pictures of annotations."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_FIELD_WORDS = frozenset(("fov", "field"))
_MASK = frozenset(("mask", "masks"))
_OBSERVED = frozenset(("manual", "vessel", "vessels", "av", "ho", "observer"))
_PREFERRED = (("trainids", "labelids"), ("labeltrainids", "labelids"), ("gtfine", "gtcoarse"), ("fine", "coarse"))
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)?|\b(?:st|nd|rd|th|first|second)\b")

COUNTED = re.compile(r"[_-]\d$")
"""End of the name of a set that is counted on from another one: cat_mask_1.png after cat_mask.png."""
Covers = Callable[[Mapping[str, str], Mapping[str, str]], bool]
"""Returns True when the first masks (by image) are the fields of view of the second."""


@dataclass(frozen=True)
class MaskSet:
    """Masks of one kind: in folders of one name, or with names of one ending.

    Attributes:
        name: The words of the folder and the ending, which tell sets apart.
        rank: 0 for masks, 1 for masks of objects, 2 for pictures of annotations.
        pairs: Mask by image.
        unpaired: Masks without an image.
    """

    name: str
    rank: int
    pairs: dict[str, str]
    unpaired: tuple[str, ...]

    @property
    def masks(self) -> tuple[str, ...]:
        """All masks of the set."""
        return (*self.pairs.values(), *self.unpaired)


def choose_sets(sets: Iterable[MaskSet], covers: Covers) -> tuple[list[MaskSet], list[MaskSet]]:
    """Chooses one set of masks for each image.

    Args:
        sets: All sets.
        covers: Called with two sets of masks of the same images.

    Returns:
        The sets to use, and those to leave out. Sets that are not distinguishable are all used: an image has two masks.
    """
    every = list(sets)
    best = min((one.rank for one in every if one.pairs), default=0)
    chosen = [one for one in every if one.rank == best]
    names = {one.name for one in chosen}
    counted = {name for name in names if COUNTED.sub("", name) in names - {name}}
    changed = True
    while changed:
        changed = False
        for one in chosen:
            others = [other for other in chosen if other is not one and not {one.name, other.name} <= counted]
            if any(_is_worse(one, other, covers) for other in others):
                chosen = [other for other in chosen if other is not one]
                changed = True
                break
    return chosen, [one for one in every if one not in chosen]


def _is_worse(one: MaskSet, other: MaskSet, covers: Covers) -> bool:
    """Returns True when both have masks of the same images, and the other one is to be used."""
    if not one.pairs.keys() & other.pairs.keys():
        return False
    words, others = (set(re.findall(r"[a-z]+", one.name)) for one in (one, other))
    if (words & _FIELD_WORDS) and not others & _FIELD_WORDS:
        return True
    if words <= _MASK and others & _OBSERVED:
        return True
    if any(worse in words and better in others for better, worse in _PREFERRED):
        return True
    if _ORDINAL.sub("", one.name).split() == _ORDINAL.sub("", other.name).split():
        return one.name > other.name
    differing = words ^ others
    if words & others and all(len(word) == 2 for word in differing) and len(differing) == 2:  # initials of observers
        return one.name > other.name
    return covers(one.pairs, other.pairs)
