"""Groups rows that must stay in one split (same group, same identity, identical pixels), and finds split leaks."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from ..table import SPLITS, Table

_LISTED = 20
_WORDS = {"copies": ("image", "images"), "group": ("group", "groups"), "identity": ("identity", "identities")}


@dataclass(frozen=True)
class Leak:
    """Rows of one group or identity, or exact copies of one image, that are in more than one split."""

    kind: Literal["copies", "group", "identity"]
    splits: tuple[str, ...]
    ids: tuple[str, ...]
    group: str | None = None


def linked_groups(table: Table, digests: np.ndarray, *, by_class: bool = False) -> np.ndarray:
    """Numbers the linked groups of a table: rows that share a group or their pixels, directly or through other rows.

    Args:
        table: The rows.
        digests: (n,) uint64 digests of the pixels, as `Store.pixel_hashes`; 0 is equal to none.
        by_class: Rows of one class or identity are linked too.

    Returns:
        (n,) int64, equal for rows that are linked.

    Examples:
        >>> from opsin.data import read
        >>> table = read((np.zeros((3, 4, 4), np.uint8), ["a", "b", "a"]))
        >>> linked_groups(table, np.array([7, 8, 7], np.uint64)).tolist()
        [0, 1, 0]
    """
    root = np.arange(len(table))

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = int(root[row])
        return row

    for first, row in _links(table, digests, by_class):
        ours, theirs = find(first), find(row)
        root[max(ours, theirs)] = min(ours, theirs)
    while not np.array_equal(root, root[root]):
        root = root[root]
    return np.unique(root, return_inverse=True)[1]


def split_leaks(table: Table, digests: np.ndarray) -> tuple[Leak, ...]:
    """Finds copies of one image, groups, and identities that must be apart, that are in two or more splits.

    Args:
        table: The rows, with their splits.
        digests: (n,) uint64 digests of the pixels; 0 is equal to none.

    Returns:
        One entry for each image, group or identity.
    """
    rows = table.rows.with_columns(pl.Series("digest", digests, dtype=pl.UInt64)).filter(pl.col("split").is_not_null())
    found: list[Leak] = []
    keys: list[tuple[Literal["copies", "group", "identity"], str]] = [("copies", "digest"), ("group", "group")]
    if table.target.kind.disjoint:
        keys.append(("identity", "target"))
        names = dict(enumerate(table.target.names))
        rows = rows.with_columns(pl.col("target").replace_strict(names, return_dtype=pl.Utf8))
    for kind, key in keys:
        torn = (
            rows.filter((pl.col("digest") != 0) if key == "digest" else pl.col(key).is_not_null())
            .group_by(key, maintain_order=True)
            .agg(pl.col("id"), pl.col("split"))
            .filter(pl.col("split").list.n_unique() > 1)
        )
        for value, ids, splits in torn.iter_rows():
            here = tuple(name for name in SPLITS if name in splits)
            found.append(Leak(kind, here, tuple(ids), value if kind != "copies" else None))
    return tuple(found)


def label_conflicts(table: Table, digests: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """Returns the ids of exact copies of one image (equal digest, 0 is equal to none) whose targets differ."""
    rows = table.rows.select("id", "target", pl.Series("digest", digests, dtype=pl.UInt64))
    rows = rows.filter((pl.col("digest") != 0) & pl.col("digest").is_duplicated())
    rows = rows.with_columns(target=pl.Series([repr(target) for target in rows["target"].to_list()], dtype=pl.Utf8))
    groups = rows.group_by("digest", maintain_order=True).agg("id", pl.col("target").n_unique())
    return tuple(tuple(ids) for ids in groups.filter(pl.col("target") > 1)["id"].to_list())


def conflict_notes(found: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Returns one line that names the conflicts, or none."""
    if not found:
        return ()
    what = "1 image stands" if len(found) == 1 else f"{len(found)} images stand"
    return (f"{what} there several times with different targets: {_listed([' = '.join(ids) for ids in found])}",)


def leak_notes(found: tuple[Leak, ...]) -> tuple[str, ...]:
    """Returns one line for each pair of splits and kind of leak, with the ids."""
    notes: list[str] = []
    for kind, (one, several) in _WORDS.items():
        for splits in sorted({leak.splits for leak in found if leak.kind == kind}):
            here = [leak for leak in found if leak.kind == kind and leak.splits == splits]
            where = ("both " if len(splits) == 2 else "") + " and ".join(splits)
            if kind == "copies":
                names = [" = ".join(leak.ids) for leak in here]
            else:
                names = [
                    f"{leak.group} ({', '.join(leak.ids[:4])}{', ...' if len(leak.ids) > 4 else ''})" for leak in here
                ]
            what = f"1 {one} stands" if len(here) == 1 else f"{len(here)} {several} stand"
            notes.append(f"{what} in {where}: {_listed(names)}")
    return tuple(notes)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f", and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def _links(table: Table, digests: np.ndarray, by_class: bool) -> list[tuple[int, int]]:
    """(an earlier row, a row) wherever both share a group, a digest or, on demand, a class."""
    links: list[tuple[int, int]] = []
    digest = pl.Series(digests, dtype=pl.UInt64)
    columns = [table.rows["group"], pl.select(pl.when(digest != 0).then(digest)).to_series()]
    for keys in (*columns, table.rows["target"]) if by_class else columns:
        shared = np.flatnonzero((keys.is_duplicated() & keys.is_not_null()).to_numpy())
        first: dict[object, int] = {}
        for row, key in zip(shared.tolist(), keys.gather(shared).to_list(), strict=True):
            earlier = first.setdefault(key, row)
            if earlier != row:
                links.append((earlier, row))
    return links
