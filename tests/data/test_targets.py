import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.data import BOXES, CLASSES, IDENTITIES, INSTANCES, KINDS, LABELS, MASKS, NUMBERS
from opsin.data.targets import kind_of


def names_in(kind, column, names):
    """What each row says, by name."""
    targets = kind.values(column, len(names))
    if kind.is_class:
        return [names[index] for index in targets]
    if kind.has_boxes:
        return [[(names[int(box[4])], *box[:4], *box[5:]) for box in boxes] for boxes in targets]
    return [dict(zip(names, row.tolist(), strict=True)) for row in targets]


@pytest.mark.parametrize("kind", [CLASSES, IDENTITIES, LABELS, NUMBERS, BOXES], ids=str)
@given(order=st.permutations(["a", "b", "c"]))
def test_another_order_of_names_says_the_same(kind, order):
    names = ["a", "b", "c"]
    rows = {
        LABELS: [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]],
        NUMBERS: [[0.5, 2.0, 3.0], [4.0, 5.0, 6.0]],
        BOXES: [[], [[0.0, 1.0, 2.0, 3.0, 2.0, 0.0, 6.0], [0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]]],
    }
    column = pl.Series("target", rows.get(kind, [2, 0, 1]), dtype=kind.column)
    places = [list(order).index(name) for name in names]
    moved = kind.reordered(column, places)
    assert moved.dtype == column.dtype
    assert names_in(kind, moved, list(order)) == names_in(kind, column, names)


def test_kinds_by_word():
    assert [kind_of(word) for word in KINDS] == list(KINDS.values()) and kind_of(MASKS) is MASKS
    with pytest.raises(DataError, match=r"'guess' is unknown. Expected one of classes, "):
        kind_of("guess")


def test_masks_are_filled_by_what_their_values_mean():
    assert (MASKS.mask_fill, MASKS.mask_dtype) == (255, np.uint8)
    assert (INSTANCES.mask_fill, INSTANCES.mask_dtype) == (0, np.int32)
    assert [kind.word for kind in KINDS.values() if kind.is_spatial] == ["boxes", "masks", "volume_masks", "instances"]
