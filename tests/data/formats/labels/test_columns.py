import pytest

from opsin.core import DataError
from opsin.data.formats.labels.columns import columns_of


@pytest.mark.parametrize(
    "path", ["path", "image", "file", "filename", "FilePath", "file_name", "Image Path", "img", "image_id"]
)
@pytest.mark.parametrize("target", ["label", "class", "Target", "category", "labels"])
def test_usual_spellings(path, target):
    found = columns_of([target, path, "Patient-ID", "split"], "a.csv")
    assert (found.path, found.targets, found.group, found.split) == (path, (target,), "Patient-ID", "split")


def test_other_columns_are_the_targets():
    assert columns_of(["path", "age"], "a.csv").targets == ("age",)
    assert columns_of(["image", "x", "y", "group"], "a.csv").targets == ("x", "y")
    assert columns_of(["image", "mel", "nv", "width", "height", "id"], "a.csv").targets == ("mel", "nv")


def test_a_label_column_is_preferred_and_others_are_unused():
    found = columns_of(["path", "label", "comment", "score"], "a.csv")
    assert found.targets == ("label",) and found.unused == ("comment", "score")


def test_missing_columns_are_a_one_line_error():
    with pytest.raises(DataError, match=r"a.csv has the columns a, b. Expected one called path"):
        columns_of(["a", "b"], "a.csv")
    with pytest.raises(DataError, match="Expected one called label"):
        columns_of(["path", "split"], "a.csv")
