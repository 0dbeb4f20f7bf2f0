"""Spellings of split names, and the order of class names."""

from collections.abc import Iterable

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
}


def split_name(text: str) -> str | None:
    """Returns "train", "valid" or "test" for a usual spelling of a split.

    Args:
        text: Name of a folder, file or cell.

    Returns:
        The split, or None when the name is not a split.
    """
    return SPLIT_NAMES.get(text.strip().lower())


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
