import io

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import CLASSES, INSTANCES, MASKS, ArrayImages, ImagePreprocessing, Table, Target, open_masks, open_store
from opsin.data.table import make_rows


class SomeMasks:
    def __init__(self, masks):
        self.masks, self.reads = masks, 0

    def read(self, id):
        self.reads += 1
        if self.masks[id] is None:
            raise DataError("has no mask")
        return self.masks[id]

    def stamp(self, id):
        return "" if self.masks[id] is None else str(self.masks[id].sum())


class SomeImages:
    def __init__(self, shapes):
        self.shapes = shapes

    def read(self, id):
        file = io.BytesIO()
        Image.new("L", self.shapes[id][::-1]).save(file, "png")
        return file.getvalue()

    def stamp(self, id):
        return "1"


def table(masks, shapes=None, kind=MASKS):
    ids = list(masks)
    images = SomeImages(shapes or {id: (20, 30) for id in ids})
    return Table(make_rows(ids, ids, kind=kind), images, Target(kind, ("a", "b")), "here", masks=SomeMasks(masks))


def test_masks_are_framed_like_their_images_and_read_once(tmp_path):
    masks = {name: np.full((20, 30), value, np.uint8) for value, name in enumerate("ab")}
    some = table(masks)
    found = open_masks(some, ImagePreprocessing.of_size((30, 30, 1)), cache=tmp_path)
    assert found.masks.shape == (2, 30, 30) and not found.errors
    assert (found.masks[:, 5:25] == np.array([0, 1])[:, None, None]).all()
    assert (found.masks[:, :5] == 255).all() and (found.masks[:, 25:] == 255).all()
    again = open_masks(some, ImagePreprocessing.of_size((30, 30, 1)), cache=tmp_path)
    assert (again.masks == found.masks).all() and some.masks.reads == 2


def test_instances_stand_on_background(tmp_path):
    found = open_masks(
        table({"a": np.full((20, 30), 300, np.int32)}, kind=INSTANCES),
        ImagePreprocessing.of_size((30, 30, 1)),
        cache=tmp_path,
    )
    assert found.masks.dtype == np.int32 and set(np.unique(found.masks)) == {0, 300}


def test_a_missing_mask_and_one_of_another_size_are_errors_of_their_rows(tmp_path):
    masks = {"a": None, "b": np.zeros((10, 10), np.uint8), "c": np.zeros((20, 30), np.uint8)}
    found = open_masks(table(masks), ImagePreprocessing.of_size((20, 30, 1)), cache=tmp_path)
    assert set(found.errors) == {0, 1}
    assert found.errors[0] == "a has no mask" and "10x10" in found.errors[1] and "20x30" in found.errors[1]


def test_a_changed_mask_is_read_anew(tmp_path):
    first = {"a": np.zeros((20, 30), np.uint8)}
    open_masks(table(first), ImagePreprocessing.of_size((20, 30, 1)), cache=tmp_path)
    changed = open_masks(
        table({"a": np.ones((20, 30), np.uint8)}), ImagePreprocessing.of_size((20, 30, 1)), cache=tmp_path
    )
    assert (changed.masks == 1).all()


def test_a_damaged_store_is_made_again(tmp_path):
    some = table({"a": np.ones((20, 30), np.uint8)})
    open_masks(some, ImagePreprocessing.of_size((20, 30, 1)), cache=tmp_path)
    next(tmp_path.glob("masks/*/masks.npy")).write_bytes(b"no array")
    assert (open_masks(some, ImagePreprocessing.of_size((20, 30, 1)), cache=tmp_path).masks == 1).all()


def test_where_the_cache_cannot_be_written_memory_does(tmp_path):
    (tmp_path / "file").write_text("")
    found = open_masks(
        table({"a": np.ones((20, 30), np.uint8)}), ImagePreprocessing.of_size((20, 30, 1)), cache=tmp_path / "file"
    )
    assert (found.masks == 1).all()


def test_masks_and_kind_must_fit(tmp_path):
    images = ArrayImages({"a": np.zeros((4, 4), np.uint8)})
    with pytest.raises(DataError, match="without masks"):
        Table(make_rows(["a"], ["a"], kind=MASKS), images, Target(MASKS, ("a", "b")), "here")
    with pytest.raises(DataError, match="expected masks"):
        open_masks(
            Table(make_rows(["a"], [0], kind=CLASSES), images, Target(CLASSES, ("a",)), "x"),
            ImagePreprocessing.of_size((4, 4, 1)),
        )


def test_pixels_and_masks_stand_at_the_same_place(tmp_path):
    masks = {"a": np.zeros((20, 30), np.uint8)}
    some = table(masks)
    assert len(open_store(some, ImagePreprocessing.of_size((30, 30, 1)), cache=tmp_path).pixels) == len(
        open_masks(some, ImagePreprocessing.of_size((30, 30, 1)), cache=tmp_path).masks
    )
