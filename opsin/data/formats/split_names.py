"""Spellings of split names, and the order of class names."""

import re
from collections.abc import Iterable
from functools import lru_cache

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "learn", "learning", "tr", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "validating", "vali", "vl", "dev"), "valid"),
    **dict.fromkeys(("test", "testing", "tst", "ts", "te", "eval", "evaluation", "holdout", "heldout"), "test"),
}
_SHORTEST = 3
"""Shorter spellings (tr, vl, ts, te) count only where a name has no other word: they may be codes of a language."""
# fmt: off
_FILLERS = frozenset((
    "set", "sets", "data", "dataset", "datasets", "image", "images", "img", "imgs", "photo", "photos", "picture",
    "pictures", "pics", "input", "inputs", "file", "files", "folder", "dir", "split", "splits", "part", "partition",
    "subset", "sample", "samples", "the", "my", "final", "full", "out",
))
# fmt: on
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_COMPOUND = re.compile(r"^(.+?)(?:set|sets|data)$")


@lru_cache(4096)
def words_of(name: str) -> tuple[str, ...]:
    """Returns the words of a name in lower case: ("seg", "train", "2") for "SegTrain-2".

    Args:
        name: Name of a folder or file.
    """
    return tuple(word.lower() for word in _WORD.findall(name))


def split_name(text: str) -> str | None:
    """Returns "train", "valid" or "test" for a usual spelling of a split.

    Besides the name itself there may be numbers and words such as set, data or images.

    Args:
        text: Name of a folder, file or cell.

    Returns:
        The split, or None when the name is not a split.

    Examples:
        >>> split_name("Training_Set"), split_name("val2017"), split_name("train_station")
        ('train', 'valid', None)
    """
    split, rest = split_and_rest(text)
    return None if rest else split


def sibling_splits(names: Iterable[str]) -> dict[str, str]:
    """Returns the split of each folder that is one, among the folders at one place.

    A name with further words is a split when another split has the same further words: seg_train and seg_test are
    splits, train_station alone is none. trainval is train where there is no other. Two letters are a split only when
    all folders are splits.

    Args:
        names: Names of the folders.

    Returns:
        Split by name, for the folders that are splits.
    """
    named = sorted(set(names))
    parsed = {name: split_and_rest(name) for name in named}
    splits_of: dict[tuple[str, ...], set[str]] = {}
    for split, rest in parsed.values():
        if split is not None:
            splits_of.setdefault(rest, set()).add(split)
    found = {name: split for name, (split, rest) in parsed.items() if split and (not rest or len(splits_of[rest]) > 1)}
    if "train" not in found.values():
        found |= {name: "train" for name in named if "".join(words_of(name)) == "trainval"}
    if len(found) < len(named):
        found = {name: split for name, split in found.items() if len(name) >= _SHORTEST}
    return found


def split_and_rest(name: str) -> tuple[str | None, tuple[str, ...]]:
    """Returns the split that a name mentions, and its other words: ("train", ("seg",)) for "seg_train".

    Args:
        name: Name of a folder.

    Returns:
        The split (None where none or several are mentioned), and the words that say nothing on the split.
    """
    words = words_of(name.strip())
    splits: list[str] = []
    rest: list[str] = []
    for word in words:
        compound = _COMPOUND.match(word)
        split = SPLIT_NAMES.get(word) or (SPLIT_NAMES.get(compound[1]) if compound else None)
        if split is not None and (len(word) >= _SHORTEST or len(words) == 1):
            splits.append(split)
        elif word not in _FILLERS and not word.isdigit():
            rest.append(word)
    if words == ("hold", "out") or words == ("held", "out"):
        return "test", ()
    return (splits[0] if len(set(splits)) == 1 else None), tuple(rest)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the distinct names in order.

    Args:
        names: Names, with repetitions.

    Returns:
        The names, sorted by value when all are integers, else alphabetically.
    """
    distinct = set(names)
    if all(name.isascii() and name.isdigit() for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))
