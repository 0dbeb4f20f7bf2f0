"""Splits a table into train, valid and test; groups and exact copies are never separated."""

import numpy as np
import polars as pl

from opsin.core import DataError, derive

from ..table import SPLITS, Table
from .assignment import TEST, TRAIN, VALID, assign_splits
from .groups import conflict_notes, label_conflicts, leak_notes, linked_groups, split_leaks
from .strata import strata_of

_OPEN = -1


def split(
    table: Table,
    digests: np.ndarray,
    seed: int,
    valid: float = 0.1,
    test: float = 0.1,
    *,
    disjoint_classes: bool | None = None,
) -> Table:
    """Puts every row in "train", "valid" or "test".

    Rows that share a group or a digest stay together. Splits that were given stay as they are; a missing one is taken
    from the rows without split and from train. Classes (for numbers: quantiles) keep their shares, and train keeps a
    row of every class, unless classes are disjoint. The result depends on `seed` and the ids, not on the order of rows.

    Args:
        table: The rows, some of them perhaps with a split.
        digests: (n,) uint64 digests of the pixels, as `Store.pixel_hashes`; 0 is equal to none.
        seed: Seed of the random choice.
        valid: Share of the rows for validation, 0 to 1.
        test: Share of the rows for test, 0 to 1.
        disjoint_classes: Put each class or identity into one split only. Default: True for identities.

    Returns:
        The table with splits. Notes name the leaks of a given split, copies with different targets, and splits that
        are empty.

    Raises:
        DataError: Shares leave nothing to train on, digests do not fit the rows, or `disjoint_classes` is asked for
            targets that are no classes.

    Examples:
        >>> from opsin.data.read import read
        >>> table = read((np.zeros((20, 4, 4), np.uint8), ["a", "b"] * 10))
        >>> sorted(split(table, np.arange(1, 21), seed=0).rows["split"].value_counts().rows())
        [('test', 2), ('train', 16), ('valid', 2)]
    """
    disjoint = table.target.kind.disjoint if disjoint_classes is None else disjoint_classes
    _check(table, digests, valid, test, disjoint)
    family = linked_groups(table, digests, by_class=disjoint)
    placed = table.rows["split"].cast(pl.Enum(SPLITS)).to_physical().cast(pl.Int64).fill_null(_OPEN).to_numpy().copy()
    given = set(placed.tolist()) - {_OPEN}
    shares = {place: share for place, share in ((TEST, test), (VALID, valid)) if place not in given and share > 0}
    placed, movable = _settled(placed, family)
    if shares and movable.any():
        keys = np.array([derive(seed, "split", id) for id in table.rows["id"].filter(movable).to_list()], np.int64)
        strata = np.zeros(len(keys), np.int64) if disjoint else strata_of(table.select(movable))
        kept = None
        if table.target.kind.is_class and not disjoint:
            kept = np.unique(strata_of(table)[~movable & (placed == TRAIN)])
        placed[movable] = assign_splits(family[movable], strata, keys, shares, kept)
    placed[placed == _OPEN] = TRAIN
    if not (placed == TRAIN).any():
        raise DataError(f"{table.origin}: no image is left to train on; expected some in train, or without a split")
    done = table.with_splits(pl.Series(SPLITS).gather(placed))
    return done.with_notes(
        *leak_notes(split_leaks(table, digests)),
        *conflict_notes(label_conflicts(table, digests)),
        *_gaps(done, shares, disjoint),
    )


def _check(table: Table, digests: np.ndarray, valid: float, test: float, disjoint: bool) -> None:
    """Raises DataError when the arguments of `split` do not fit the table."""
    if not (valid >= 0 and test >= 0 and valid + test < 1):
        raise DataError(
            f"cannot split off {valid:g} and {test:g} of the images; expected shares that leave some to train"
        )
    if len(digests) != len(table):
        raise DataError(f"{len(digests)} digests for {len(table)} rows; expected one for each")
    if disjoint and not table.target.kind.is_class:
        raise DataError(f"disjoint classes are for classes and identities; {table.origin} has {table.target.kind}")


def _settled(placed: np.ndarray, family: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows without split follow the given valid or test rows of their family; the other families may be moved."""
    held = {place: np.isin(family, family[placed == place]) for place in (TRAIN, VALID, TEST)}
    movable = ~(held[VALID] | held[TEST])
    settled = placed.copy()
    is_open = placed == _OPEN
    for place in (TEST, VALID, TRAIN):  # where a given split tore a family apart, train takes the rest
        settled[is_open & ~movable & held[place]] = place
    return settled, movable


def _gaps(table: Table, wished: dict[int, float], disjoint: bool) -> list[str]:
    """Notes on what was too small to be split, as a score on an empty split looks like any other."""
    notes: list[str] = []
    for place in wished:
        if not (table.rows["split"] == SPLITS[place]).any():
            notes.append(f"too few images for a {SPLITS[place]} split: it is empty")
    if not table.target.kind.is_class or disjoint:
        return notes
    names = table.target.names
    counts = np.bincount(table.targets(), minlength=len(names))
    single = [name for name, number in zip(names, counts, strict=True) if number == 1]
    if single:
        what = "class has" if len(single) == 1 else "classes have"
        notes.append(f"{len(single)} {what} a single image, which cannot be split: {_some(single)}")
    for split in SPLITS:
        here = np.bincount(table.split(split).targets(), minlength=len(names))
        absent = [
            name for name, number, all_of_it in zip(names, here, counts, strict=True) if number == 0 and all_of_it > 1
        ]
        if here.any() and absent:
            notes.append(f"no image of {_some(absent)} is in {split}")
    return notes


def _some(names: list[str]) -> str:
    return ", ".join(names[:20]) + (f", and {len(names) - 20} more" if len(names) > 20 else "")
