"""How large the images of a table are as they came, which says where boxes and masks lie in the network's input."""

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
    """A table without its broken images, and where each row's pixels stand in the store."""

    table: Table
    store: Store
    store_rows: np.ndarray
    masks: MaskStore | None = None

    def targets(self, split: str) -> np.ndarray:
        """The targets of one split, in pixels of the network's input where they are places."""
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
        """At most so many rows of a split, evenly taken."""
        some = self.split(split)
        chosen = np.unique(np.linspace(0, len(some.table) - 1, min(most, len(some.table))).round().astype(int))
        return replace(some, table=some.table.select(chosen), store_rows=some.store_rows[chosen])

    def scoring_targets(self, split: str) -> np.ndarray:
        """The targets of one split as scores take them: boxes in pixels of the images as they came."""
        return self.table.split(split).targets() if self.table.target.kind.has_boxes else self.targets(split)

    def all_targets(self) -> np.ndarray:
        """The targets of every row, as scores take them."""
        return self.table.targets() if self.masks is None else self.masks.masks[self.store_rows]

    def encoded_targets(self, split: str, encode: Callable[[np.ndarray], np.ndarray]) -> torch.Tensor | MaskSubset:
        """The targets of one split as the loss takes them."""
        if self.masks is not None:
            return MaskSubset(self.masks.masks, self.rows(split))
        return torch.from_numpy(encode(self.targets(split)))

    def placements(self, split: str) -> list[Placement]:
        """Where each image of a split stands in the network's input; none where no target is a place."""
        table = self.table.split(split)
        if not table.target.kind.is_spatial:
            return []
        found = placements_of(table, self.store.preprocessing)
        return [found[id] for id in table.rows["id"].to_list()]

    def rows(self, split: str) -> np.ndarray:
        """Positions in `store.pixels` of the rows of one split."""
        return self.store_rows[(self.table.rows["split"] == split).fill_null(False).to_numpy()]

    def split(self, split: str) -> "Dataset":
        """The rows of one split."""
        return replace(self, table=self.table.split(split), store_rows=self.rows(split))  # masks go by positions too

    def as_split(self, split: str) -> "Dataset":
        """The same rows, all in one split."""
        return replace(self, table=self.table.with_splits([split] * len(self.table)))

    @property
    def fingerprint(self) -> str:
        """A digest of every image's name and pixels; another order of the same files gives the same."""
        pairs = zip(self.table.rows["id"].to_list(), self.store.pixel_hashes[self.store_rows].tolist(), strict=True)
        text = "\n".join(f"{name} {digest:016x}" for name, digest in sorted(pairs))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
