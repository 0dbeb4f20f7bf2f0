"""Kinds of target: their column in a table, their arrays, and how splits, stores and evaluations treat them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from opsin.core import DataError
from opsin.geometry import BOX_COLUMNS, IGNORED

Reordered = Callable[[pl.Series, Sequence[int]], pl.Series]


@dataclass(frozen=True, eq=False, repr=False)
class TargetKind:
    """One kind of target. Compare kinds by identity: there is one record of each.

    Args:
        word: Name of the kind, in files and messages.
        task: Task that learns this kind, as it is written after `--task`.
        column: Type of the `target` column of a table.
        values: From that column and the names to an array with a target in each row; None where targets are masks.
        reordered: From the column and the new index of each name to the column under the new order of names; None
            where the column does not hold indices of names.
        is_class: Each row has exactly one class or identity, as an index.
        is_vector: Each row has one value for each name.
        is_numeric: Values are measurements, which a change of scale would change.
        has_boxes: Targets are boxes in pixels of the image.
        mask_dtype: Type of stored masks; None where targets are no masks.
        has_background: The first class of a mask is the background.
        disjoint: A split keeps classes (identities) apart: each is in one split only.
        name_word: Word for what a name stands for: "class", "label", "number" or "identity".
    """

    word: str
    task: str
    column: pl.DataType
    values: Callable[[pl.Series, int], np.ndarray] | None = None
    reordered: Reordered | None = None
    is_class: bool = False
    is_vector: bool = False
    is_numeric: bool = False
    has_boxes: bool = False
    mask_dtype: np.dtype[np.generic] | None = None
    has_background: bool = False
    disjoint: bool = False
    name_word: str = "class"

    def __repr__(self) -> str:
        return self.word.upper()

    def __str__(self) -> str:
        return self.word

    @property
    def has_masks(self) -> bool:
        """True when each target is a mask, kept in a store."""
        return self.mask_dtype is not None

    @property
    def is_spatial(self) -> bool:
        """True when a target lies in the image and moves with it."""
        return self.has_boxes or self.has_masks

    @property
    def mask_fill(self) -> int:
        """Value of a stored mask around its image: IGNORED, or background where objects are numbered."""
        return IGNORED if self.has_background else 0

    def for_strata(self, targets: np.ndarray) -> np.ndarray:
        """Returns the values that a stratified split keeps in proportion: of boxes their number, (n, 1)."""
        return np.array([[len(boxes)] for boxes in targets], np.float32) if self.has_boxes else targets


@dataclass(frozen=True)
class Target:
    """The kind of target of a data set, and the names of its classes, labels, numbers or identities."""

    kind: TargetKind
    names: tuple[str, ...]


def _indices(column: pl.Series, names: int) -> np.ndarray:
    """(n,) int64."""
    return column.to_numpy().astype(np.int64)


def _vectors(column: pl.Series, names: int) -> np.ndarray:
    """(n, names) float32."""
    if not len(column):
        return np.zeros((0, names), np.float32)
    return column.list.to_array(names).to_numpy().astype(np.float32).reshape(len(column), names)


def _boxes(column: pl.Series, names: int) -> np.ndarray:
    """(n,) objects: (k, 7) float32 with the values of BOX_COLUMNS."""
    found = np.empty(len(column), object)
    for row, boxes in enumerate(column.to_list()):
        found[row] = np.array(boxes, np.float32).reshape(-1, len(BOX_COLUMNS))
    return found


def _reordered_indices(column: pl.Series, indices: Sequence[int]) -> pl.Series:
    return pl.Series("target", np.array(indices)[column.to_numpy()], dtype=pl.Int64)


def _reordered_vectors(column: pl.Series, indices: Sequence[int]) -> pl.Series:
    order = np.argsort(indices).tolist()
    return pl.Series("target", [[row[place] for place in order] for row in column.to_list()], dtype=column.dtype)


def _reordered_boxes(column: pl.Series, indices: Sequence[int]) -> pl.Series:
    boxes = [[[*box[:4], indices[int(box[4])], *box[5:]] for box in image] for image in column.to_list()]
    return pl.Series("target", boxes, dtype=column.dtype)


_VECTORS = pl.List(pl.Float64())
CLASSES = TargetKind("classes", "classify", pl.Int64(), _indices, _reordered_indices, is_class=True)
"""One class of several for each image."""
LABELS = TargetKind("labels", "multilabel", _VECTORS, _vectors, _reordered_vectors, is_vector=True, name_word="label")
"""Any number of several labels."""
NUMBERS = TargetKind(
    "numbers", "regress", _VECTORS, _vectors, _reordered_vectors, is_vector=True, is_numeric=True, name_word="number"
)
"""One or more measurements."""
BOXES = TargetKind("boxes", "detect", pl.List(pl.List(pl.Float64())), _boxes, _reordered_boxes, has_boxes=True)
"""Objects by their bounding boxes."""
MASKS = TargetKind("masks", "segment", pl.Utf8(), mask_dtype=np.dtype(np.uint8), has_background=True)
"""A class for each pixel."""
VOLUME_MASKS = TargetKind(
    "volume_masks", "segment_volumes", pl.Utf8(), mask_dtype=np.dtype(np.uint8), has_background=True
)
"""A class for each voxel of a volume."""
INSTANCES = TargetKind("instances", "instances", pl.Utf8(), mask_dtype=np.dtype(np.int32))
"""Objects by their pixels."""
IDENTITIES = TargetKind(
    "identities", "embed", pl.Int64(), _indices, _reordered_indices, is_class=True, disjoint=True, name_word="identity"
)
"""The person or thing that an image shows; those of a test are others than those of the training."""

KINDS = {kind.word: kind for kind in (CLASSES, LABELS, NUMBERS, BOXES, MASKS, VOLUME_MASKS, INSTANCES, IDENTITIES)}
"""The kinds by their words."""


def kind_of(word: str | TargetKind) -> TargetKind:
    """Returns the kind of that name.

    Raises:
        DataError: There is no such kind.
    """
    if isinstance(word, TargetKind):
        return word
    if word not in KINDS:
        raise DataError(f"kind of target {word!r} is unknown. Expected one of {', '.join(KINDS)}.")
    return KINDS[word]
