"""Data set of a run: the table without unreadable samples, its stored arrays and masks, by split."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from opsin.core import DataError
from opsin.geometry import Placement

from .loading.batches import MaskSubset
from .store.images import Store
from .store.masks import MaskStore
from .store.preprocessing import Preprocessing
from .table import Table


def placements_of(table: Table, preprocessing: Preprocessing) -> dict[str, Placement]:
    """Returns the placement of each sample in the network's input, by id; samples that cannot be read have none."""
    found: dict[str, Placement] = {}
    for id in table.rows["id"].to_list():
        try:
            found[id] = preprocessing.placement(table.images.read(id))
        except DataError:
            continue
    return found


@dataclass(frozen=True)
class Dataset:
    """A table of readable samples, and the row of each in the store.

    Args:
        table: The samples.
        store: Arrays of these and perhaps other samples.
        store_rows: (n,) row of each sample in `store.pixels` and `masks`.
        masks: Masks at the size of the arrays; None where targets are no masks.
    """

    table: Table
    store: Store
    store_rows: np.ndarray
    masks: MaskStore | None = None

    def targets(self, split: str) -> np.ndarray:
        """Returns the targets of one split; boxes and masks in pixels of the network's input."""
        if self.masks is not None:
            return self.masks.masks[self.rows(split)]
        table = self.table.split(split)
        if not table.target.kind.has_boxes:
            return table.targets()
        framed = table.targets()
        for row, frame in enumerate(self.placements(split)):
            framed[row] = frame.boxes_to_input(framed[row]) if len(framed[row]) else framed[row]
        return framed

    def sampled(self, split: str, most: int) -> "Dataset":
        """Returns at most `most` rows of a split, spread evenly."""
        some = self.split(split)
        chosen = np.unique(np.linspace(0, len(some.table) - 1, min(most, len(some.table))).round().astype(int))
        return replace(some, table=some.table.select(chosen), store_rows=some.store_rows[chosen])

    def scoring_targets(self, split: str) -> np.ndarray:
        """Returns the targets of one split as metrics take them: boxes in pixels of the original images."""
        return self.table.split(split).targets() if self.table.target.kind.has_boxes else self.targets(split)

    def all_targets(self) -> np.ndarray:
        """Returns the targets of every row, as metrics take them."""
        return self.table.targets() if self.masks is None else self.masks.masks[self.store_rows]

    def encoded_targets(self, split: str, encode: Callable[[np.ndarray], np.ndarray]) -> torch.Tensor | MaskSubset:
        """Returns the targets of one split as the loss takes them, by the task's `encode`; masks are read on demand."""
        if self.masks is not None:
            size = self.store.preprocessing.size[:-1] if self.store.preprocessing.in_patches else ()
            return MaskSubset(self.masks.masks, self.rows(split), size)
        return torch.from_numpy(encode(self.targets(split)))

    def placements(self, split: str) -> list[Placement]:
        """Returns the placement of each sample of a split in the input; none where targets are not spatial."""
        table = self.table.split(split)
        if not table.target.kind.is_spatial:
            return []
        found = placements_of(table, self.store.preprocessing)
        return [found[id] for id in table.rows["id"].to_list()]

    def rows(self, split: str) -> np.ndarray:
        """Returns the rows of one split in `store.pixels`."""
        return self.store_rows[(self.table.rows["split"] == split).fill_null(False).to_numpy()]

    def split(self, split: str) -> "Dataset":
        """Returns the samples of one split."""
        return replace(self, table=self.table.split(split), store_rows=self.rows(split))  # masks have the same rows

    def as_split(self, split: str) -> "Dataset":
        """Returns the same samples, all in one split."""
        return replace(self, table=self.table.with_splits([split] * len(self.table)))

    @property
    def fingerprint(self) -> str:
        """Digest of the names and arrays of all samples, independent of their order."""
        pairs = zip(self.table.rows["id"].to_list(), self.store.pixel_hashes[self.store_rows].tolist(), strict=True)
        text = "\n".join(f"{name} {digest:016x}" for name, digest in sorted(pairs))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
