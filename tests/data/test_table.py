import numpy as np
import polars as pl
import pytest

from opsin.core import DataError
from opsin.data import CLASSES, NUMBERS, ArrayImages, Table, Target, check_enough, read
from opsin.data.table import make_rows

IMAGES = ArrayImages({})


def table(kind=CLASSES, targets=(0, 1, 0, 2)):
    rows = make_rows(
        ["a", "b", "c", "d"], targets, kind=kind, groups=["p", None, "p", "q"], splits=["train", "test", None, "train"]
    )
    return Table(rows, IMAGES, Target(kind, ("x", "y", "z") if kind is CLASSES else ("u", "v")), "here")


def test_targets_by_kind():
    assert table().targets().dtype == np.int64 and table().targets().tolist() == [0, 1, 0, 2]
    numbers = table(NUMBERS, [[0.5, 1], [1, 2], [3, 4], [5, 6]])
    assert numbers.targets().dtype == np.float32
    assert numbers.targets().tolist() == [[0.5, 1], [1, 2], [3, 4], [5, 6]]
    assert numbers.split("valid").targets().shape == (0, 2)
    one = Table(make_rows(["a"], [[2.0]], kind=NUMBERS), IMAGES, Target(NUMBERS, ("u",)), "here")
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
        Table(make_rows(["a", "b", "a"], [0, 1, 0], kind=CLASSES), IMAGES, Target(CLASSES, ("x", "y")), "here")


def test_columns_are_checked():
    with pytest.raises(DataError, match="expected id, target, group, split"):
        Table(pl.DataFrame({"id": ["a"]}), IMAGES, Target(CLASSES, ("x",)), "here")


def test_parquet_holds_the_rows(tmp_path):
    for one in (table(), table(NUMBERS, [[0.5, 1], [1, 2], [3, 4], [5, 6]])):
        one.to_parquet(tmp_path / "rows.parquet")
        assert pl.read_parquet(tmp_path / "rows.parquet").equals(one.rows)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ([0] * 8, "expected at least two classes"),
        ([0], "single image"),
        ([*"abcdefgh"], None),
        ([*"abcdefghijkl"], "a class of its own"),
        ([0.5] * 8, None),
    ],
)
def test_a_table_that_is_too_small_to_train_on_can_be_read(targets, words):
    """A gallery has one photo a person; only who trains asks for more."""
    found = read((np.zeros((len(targets), 4, 4), np.uint8), targets))
    assert len(found) == len(targets)
    if words is None:
        return check_enough(found)
    with pytest.raises(DataError, match=words) as error:
        check_enough(found)
    assert "\n" not in str(error.value)


def test_further_columns_stay(tmp_path):
    rows = make_rows("abcd", [0, 1, 0, 1], kind=CLASSES, extra=[pl.Series("age", [30, None, 50, 60])])
    one = Table(rows, IMAGES, Target(CLASSES, ("x", "y")), "here", extra=("age",))
    assert one.select(np.array([3, 0])).rows["age"].to_list() == [60, 30]
    done = one.with_splits(["test", "train", "test", "train"]).with_notes("a")
    assert done.split("test").rows["age"].to_list() == [30, 50] and done.extra == ("age",)
    done.to_parquet(tmp_path / "rows.parquet")
    assert pl.read_parquet(tmp_path / "rows.parquet").equals(done.rows)
    with pytest.raises(DataError, match="expected id, target, group, split, scanner"):
        Table(rows, IMAGES, Target(CLASSES, ("x", "y")), "here", extra=("scanner",))
