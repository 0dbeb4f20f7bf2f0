"""How people spell splits, and in which order class names stand."""

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
    """ "train", "valid" or "test" for any usual spelling of one, else None."""
    return SPLIT_NAMES.get(text.strip().lower())


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names, by number when all are whole numbers, else by letter."""
    distinct = set(names)
    if all(name.isascii() and name.isdigit() for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))
