import numpy as np
import polars as pl
import pytest

from opsin.core import DataError
from opsin.data import ArrayImages, Table, Target
from opsin.data.table import make_rows

IMAGES = ArrayImages({})


def table(kind="classes", targets=(0, 1, 0, 2)):
    rows = make_rows(
        ["a", "b", "c", "d"], targets, kind=kind, groups=["p", None, "p", "q"], splits=["train", "test", None, "train"]
    )
    return Table(rows, IMAGES, Target(kind, ("x", "y", "z") if kind == "classes" else ("u", "v")), "here")


def test_targets_by_kind():
    assert table().targets().dtype == np.int64 and table().targets().tolist() == [0, 1, 0, 2]
    numbers = table("numbers", [[0.5, 1], [1, 2], [3, 4], [5, 6]])
    assert numbers.targets().dtype == np.float32
    assert numbers.targets().tolist() == [[0.5, 1], [1, 2], [3, 4], [5, 6]]
    assert numbers.split("valid").targets().shape == (0, 2)
    one = Table(make_rows(["a"], [[2.0]], kind="numbers"), IMAGES, Target("numbers", ("u",)), "here")
    assert one.targets().shape == (1, 1)


def test_only_take_and_notes():
    whole = table()
    assert whole.split("train").rows["id"].to_list() == ["a", "d"]
    assert whole.select(np.array([3, 0])).rows["id"].to_list() == ["d", "a"]
    assert whole.select(np.array([True, False, False, True])).rows["id"].to_list() == ["a", "d"]
    assert len(whole.select(np.array([], np.int64))) == 0
    assert whole.with_notes("one", "two").with_notes("three").notes == ("one", "two", "three")
    assert whole.notes == ()
    assert whole.with_splits(["test"] * 4).rows["split"].to_list() == ["test"] * 4


def test_an_image_stands_once():
    with pytest.raises(DataError, match="'a' is listed more than once"):
        Table(make_rows(["a", "b", "a"], [0, 1, 0], kind="classes"), IMAGES, Target("classes", ("x", "y")), "here")


def test_columns_are_checked():
    with pytest.raises(DataError, match="expected id, target, group, split"):
        Table(pl.DataFrame({"id": ["a"]}), IMAGES, Target("classes", ("x",)), "here")


def test_parquet_holds_the_rows(tmp_path):
    for one in (table(), table("numbers", [[0.5, 1], [1, 2], [3, 4], [5, 6]])):
        one.to_parquet(tmp_path / "rows.parquet")
        assert pl.read_parquet(tmp_path / "rows.parquet").equals(one.rows)
