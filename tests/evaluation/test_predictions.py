"""The record of predictions: parts that fit, the same after the file, and a file that other programs read."""

import io
import zlib
from dataclasses import fields

import duckdb
import numpy as np
import pandas as pd
import pytest

from opsin.core import DataError
from opsin.evaluation import Predictions

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(3, 4)).astype(np.float32)
IDS, SPLIT = ("a", "b", "ä/ö.png"), np.array(["valid", "test", "test"], object)


def objects(*rows):
    found = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        found[index] = np.asarray(row, np.float32)
    return found


BOXES = objects([[1, 2, 3.5, 4, 0, 0.75], [0, 0, 9, 9, 2, 0.5]], np.zeros((0, 6)), [[5, 6, 7, 8, 1, 0.25]])
BOX_TARGETS = objects(np.zeros((0, 7)), [[1, 2, 3, 4, 2, 1, 4]], [[5, 6, 7, 8, 1, 0, 3.5], [0, 0, 2, 2, 0, 0, 4]])
MASKS = RNG.integers(0, 5, (3, 6, 5, 2), np.uint8)
KINDS = {
    "classes": Predictions(IDS, None, SPLIT, np.array([0, 1, 2]), VECTORS, VECTORS, VECTORS[:, :2]),
    "vectors": Predictions(IDS, np.array(["p1", "p2", "p1"], object), SPLIT, VECTORS + 1, VECTORS),
    "boxes": Predictions(IDS, None, SPLIT, BOX_TARGETS, BOXES),
    "masks": Predictions(IDS, None, SPLIT, MASKS[..., 0], MASKS),
}


def same(found, expected):
    assert found.ids == expected.ids
    for part in fields(expected)[1:]:
        got, wanted = getattr(found, part.name), getattr(expected, part.name)
        assert (got is None) == (wanted is None), part.name
        if wanted is not None:
            assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape), part.name
            for row, other in zip(got, wanted, strict=True):
                np.testing.assert_array_equal(row, other)
                assert np.shape(row) == np.shape(other) and np.asarray(row).dtype == np.asarray(other).dtype


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [3, 1, 0])
def test_the_file_gives_the_same_back(tmp_path, kind, count):
    written = KINDS[kind]
    if count < 3:
        written = written.only("valid" if count else "train")
        assert len(written.ids) == count
    written.to_parquet(tmp_path / "predictions.parquet")
    back = Predictions.from_parquet(tmp_path / "predictions.parquet")
    if count:
        same(back, written)
    else:
        assert back.ids == () and len(back.predictions) == len(back.targets) == 0


def test_no_vectors_keep_their_width(tmp_path):
    KINDS["classes"].only("train").to_parquet(tmp_path / "none.parquet")
    assert Predictions.from_parquet(tmp_path / "none.parquet").predictions.shape == (0, 4)


@pytest.fixture(params=["duckdb", "pandas"])
def read(request, tmp_path):
    """Reads a record as another program does: rows of plain Python values, by column."""

    def plain(value):
        if isinstance(value, np.ndarray | list | tuple):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items()}
        return bytes(value) if isinstance(value, bytes | bytearray) else value

    def read(predictions):
        path = tmp_path / "predictions.parquet"
        predictions.to_parquet(path)
        if request.param == "pandas":
            return pd.read_parquet(path).map(plain).to_dict("list")
        found = duckdb.connect().execute("select * from read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description]
        rows = [plain(row) for row in found.fetchall()]
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    return read


def test_other_programs_read_vectors(read):
    found = read(KINDS["classes"])
    assert found["id"] == list(IDS) and found["split"] == SPLIT.tolist() and found["target"] == [0, 1, 2]
    assert all(pd.isna(name) for name in found["group"])
    assert found["prediction"] == found["logits"] == VECTORS.tolist() and found["features"] == VECTORS[:, :2].tolist()
    assert read(KINDS["vectors"])["target"] == (VECTORS + 1).tolist()


def test_other_programs_read_boxes(read):
    found = read(KINDS["boxes"])
    assert "logits" not in found and "features" not in found
    corners = ("xmin", "ymin", "xmax", "ymax", "label")
    for column, values, more in (("prediction", BOXES, ("score",)), ("target", BOX_TARGETS, ("crowd", "area"))):
        expected = [[dict(zip((*corners, *more), box, strict=True)) for box in boxes.tolist()] for boxes in values]
        assert found[column] == expected
    assert found["prediction"][0][0]["label"] == 0 and isinstance(found["prediction"][0][0]["label"], int)
    assert found["target"][1][0]["crowd"] is True


def test_other_programs_read_masks_as_compressed_npy(read):
    found = read(KINDS["masks"])
    for column, masks in (("prediction", MASKS), ("target", MASKS[..., 0])):
        for content, mask in zip(found[column], masks, strict=True):
            np.testing.assert_array_equal(np.load(io.BytesIO(zlib.decompress(content))), mask)


def test_one_split_and_all_of_them_again():
    whole = KINDS["classes"]
    test = whole.only("test")
    assert test.ids == ("b", "ä/ö.png") and test.targets.tolist() == [1, 2]
    np.testing.assert_array_equal(test.features, VECTORS[1:, :2])
    for written in KINDS.values():
        same(Predictions.concatenate([written.only("valid"), written.only("test")]), written)


def test_groups_of_one_part_make_ids_groups_in_the_other():
    grouped, plain = KINDS["vectors"].only("test"), Predictions(("x",), None, SPLIT[:1], VECTORS[:1], VECTORS[:1])
    assert Predictions.concatenate([plain, grouped]).groups.tolist() == ["x", "p2", "p1"]


def test_logits_of_one_part_only_are_left_out():
    assert (
        Predictions.concatenate(
            [KINDS["classes"], Predictions((), None, SPLIT[:0], np.zeros(0, int), VECTORS[:0])]
        ).logits
        is None
    )


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and nothing more"])
def test_a_file_that_is_none_is_named(tmp_path, content):
    path = tmp_path / "predictions.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"predictions\.parquet holds no predictions"):
        Predictions.from_parquet(path)


def test_a_table_of_something_else_is_named(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DataError, match="holds no predictions"):
        Predictions.from_parquet(tmp_path / "other.parquet")


@pytest.mark.parametrize("part", ["groups", "split", "targets", "predictions", "logits", "features"])
def test_parts_of_different_lengths_are_refused(part):
    parts = {name.name: getattr(KINDS["classes"], name.name) for name in fields(Predictions)}
    with pytest.raises(DataError, match="one row an image"):
        Predictions(**parts | {part: VECTORS[:2]})


def test_a_prediction_that_is_no_number_is_refused_with_its_image():
    predictions = VECTORS.copy()
    predictions[1, 2] = np.nan
    with pytest.raises(DataError, match="1 of 3 images are not finite, 'b' the first"):
        Predictions(("a", "b", "c"), None, SPLIT, np.zeros(3), predictions)
