"""Assignment of linked groups of rows to splits, close to the requested share of every stratum."""

from collections.abc import Mapping

import numpy as np

TRAIN, VALID, TEST = range(3)


def assign_splits(
    family: np.ndarray, stratum: np.ndarray, keys: np.ndarray, shares: Mapping[int, float], kept: np.ndarray | None
) -> np.ndarray:
    """Assigns every row to a split; the rows of a family stay together.

    Families of several rows are placed first, in random order, each where its strata are most needed, and only where
    it brings the size of the split nearer to the requested one. Single rows then fill every stratum to its share
    exactly (largest remainders).

    Args:
        family: (n,) number of the linked group of each row.
        stratum: (n,) stratum of each row.
        keys: (n,) random number of each row, which decides the order.
        shares: Share of the rows for VALID and TEST, 0 to 1.
        kept: Strata that train has already; of the others train keeps a row. None: train need not have each stratum.

    Returns:
        (n,) TRAIN, VALID or TEST.
    """
    numbers = np.unique(family, return_inverse=True)[1]
    size = np.bincount(numbers)
    strata, codes = np.unique(stratum, return_inverse=True)
    needed = np.zeros(len(strata), bool) if kept is None else ~np.isin(strata, kept)
    board = _Board(codes, keys, shares, needed)
    several = np.flatnonzero(size > 1)
    first_key = np.full(len(size), np.iinfo(np.int64).max)
    np.minimum.at(first_key, numbers, keys)
    members = _members(numbers, several)
    for one in several[np.argsort(first_key[several], kind="stable")]:
        board.place_family(members[one])
    singles = size[numbers] == 1
    for place in shares:
        board.place_singles(place, np.flatnonzero(singles & (board.placed == TRAIN)))
    for place in shares:
        if not (board.placed == place).any():
            _lend(board, place, numbers, first_key)
    return board.placed


class _Board:
    """Assignment so far, and the rows that each split still needs of each stratum."""

    def __init__(self, codes: np.ndarray, keys: np.ndarray, shares: Mapping[int, float], needed: np.ndarray) -> None:
        self.needed = needed
        self.codes = codes
        self.keys = keys
        self.placed = np.full(len(codes), TRAIN)
        self.total = np.bincount(codes)
        self.wish = np.zeros((3, len(self.total)))
        self.goal = np.zeros(3, int)
        left = len(codes) - 1  # train has at least one row
        for place, share in shares.items():
            self.wish[place] = share * self.total
            self.goal[place] = min(left, max(1, round(share * len(codes))))
            left -= int(self.goal[place])
        self.wish[TRAIN] = self.total - self.wish.sum(axis=0)
        self.filled = np.zeros((3, len(self.total)))
        self.filled_rows = np.zeros(3, int)

    def place_family(self, rows: np.ndarray) -> None:
        counts = np.bincount(self.codes[rows], minlength=len(self.total))
        want = (1 - self.filled / np.maximum(self.wish, 1e-9)) @ counts
        fits = self.filled_rows + len(rows) / 2 <= self.goal
        if not self._leaves_each(counts):
            fits[:] = False
        fits[TRAIN] = True
        place = max((where for where in (TRAIN, VALID, TEST) if fits[where]), key=lambda where: want[where])
        self._put(rows, place)

    def place_singles(self, place: int, rows: np.ndarray) -> None:
        """Fills `place` from `rows`, single ones that are still free, leaving train one of each needed stratum."""
        spare = self.needed & (self.filled[TRAIN] == 0)
        order = rows[np.lexsort((self.keys[rows], self.codes[rows]))]
        free = np.bincount(self.codes[rows], minlength=len(self.total))
        left = np.maximum(0, free - spare)
        want = np.maximum(0.0, self.wish[place] - self.filled[place])
        take = np.minimum(np.floor(want + 1e-9).astype(int), left)
        missing = int(self.goal[place] - self.filled_rows[place] - take.sum())
        lots: np.ndarray = np.full(len(self.total), np.iinfo(np.int64).max)
        np.minimum.at(lots, self.codes, self.keys)
        given = self.total - free  # strata that gave less so far go first
        ranking = np.lexsort((lots, given * (place == VALID), np.around(take - want, 9)))
        for code in ranking:
            if missing <= 0:
                break
            if take[code] < left[code]:
                take[code] += 1
                missing -= 1
        within = np.arange(len(order)) - np.searchsorted(self.codes[order], self.codes[order])
        self._put(order[within < take[self.codes[order]]], place)

    def lend(self, rows: np.ndarray, place: int) -> bool:
        """Moves a family from train to `place`, unless train would lack it."""
        counts = np.bincount(self.codes[rows], minlength=len(self.total))
        if (self.placed == TRAIN).sum() == len(rows) or not self._leaves_each(counts):
            return False
        self._put(rows, place)
        return True

    def _leaves_each(self, counts: np.ndarray) -> bool:
        """Returns True if train can keep a row of each needed stratum when rows of such `counts` go elsewhere."""
        left = self.total - self.filled[VALID] - self.filled[TEST] - counts
        return not (self.needed & (counts > 0) & (left <= 0)).any()

    def _put(self, rows: np.ndarray, place: int) -> None:
        self.placed[rows] = place
        self.filled[place] += np.bincount(self.codes[rows], minlength=len(self.total))
        self.filled_rows[place] += len(rows)


def _members(family: np.ndarray, which: np.ndarray) -> dict[int, np.ndarray]:
    order = np.argsort(family, kind="stable")
    starts = np.searchsorted(family[order], which)
    ends = np.searchsorted(family[order], which, side="right")
    return {int(one): order[start:end] for one, start, end in zip(which, starts, ends, strict=True)}


def _lend(board: _Board, place: int, family: np.ndarray, first_key: np.ndarray) -> None:
    """Moves the smallest family that train can spare to the split `place`, which is empty."""
    size = np.bincount(family)
    in_train = np.unique(family[board.placed == TRAIN])
    order = in_train[np.lexsort((first_key[in_train], size[in_train]))]
    members = _members(family, np.sort(order))
    next((one for one in order if board.lend(members[int(one)], place)), None)
