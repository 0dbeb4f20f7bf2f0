"""The record of answers: parts that fit, and the same after the file."""

import numpy as np
import pytest

from opsin.core import DataError
from opsin.evaluation import Predictions

RAW = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


@pytest.mark.parametrize("targets", [np.array([0, 1, 2]), np.arange(12, dtype=np.float32).reshape(3, 4)])
@pytest.mark.parametrize("groups", [None, np.array(["p1", "p2", "p1"], object)])
def test_the_file_gives_the_same_back(tmp_path, targets, groups):
    written = Predictions(("a", "b", "ä/ö.png"), groups, RAW, targets)
    written.to_parquet(tmp_path / "predictions.parquet")
    back = Predictions.from_parquet(tmp_path / "predictions.parquet")
    assert back.ids == written.ids
    np.testing.assert_array_equal(back.predictions, RAW)
    np.testing.assert_array_equal(back.targets, targets)
    assert back.targets.dtype == targets.dtype
    assert (back.groups is None) if groups is None else (back.groups == groups).all()


def test_no_rows_survive_the_file(tmp_path):
    Predictions((), None, RAW[:0], np.zeros(0, np.int64)).to_parquet(tmp_path / "none.parquet")
    assert Predictions.from_parquet(tmp_path / "none.parquet").predictions.shape == (0, 4)


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and nothing more"])
def test_a_file_that_is_none_is_named(tmp_path, content):
    path = tmp_path / "predictions.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"predictions\.parquet holds no predictions"):
        Predictions.from_parquet(path)


def test_parts_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="one row an image"):
        Predictions(("a", "b"), None, RAW, np.zeros(3))
    with pytest.raises(DataError, match="one row an image"):
        Predictions(("a", "b", "c"), np.array(["p"]), RAW, np.zeros(3))


def test_an_answer_that_is_no_number_is_refused_with_its_image():
    predictions = RAW.copy()
    predictions[1, 2] = np.nan
    with pytest.raises(DataError, match="1 of 3 images, 'b' the first"):
        Predictions(("a", "b", "c"), None, predictions, np.zeros(3))
