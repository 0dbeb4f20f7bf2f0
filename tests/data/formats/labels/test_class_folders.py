import pytest

from opsin.core import DataError
from opsin.data import NUMBERS, read


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def columns(table):
    return {row["id"]: (row["target"], row["split"]) for row in table.rows.to_dicts()}


def test_classes_by_folder(tmp_path):
    table = read(make(tmp_path, "dog/1.png", "cat/deep/er/1.png", "cat/2.png", "loose.png", "cat/readme.md"))
    assert table.target.names == ("cat", "dog") and table.origin == str(tmp_path)
    assert columns(table) == {"cat/2.png": (0, None), "cat/deep/er/1.png": (0, None), "dog/1.png": (1, None)}
    assert table.notes == (
        "1 image outside of class folders left out: loose.png",
        "1 other file left out: cat/readme.md",
    )


@pytest.mark.parametrize(
    "names", [("train", "valid", "test"), ("Training", "val", "testing"), ("train", "validation", "TEST")]
)
def test_splits_by_folder(tmp_path, names):
    made = make(tmp_path, *(f"{name}/{label}/1.png" for name in names for label in ("10", "9")), f"{names[2]}/9/2.png")
    table = read(make(made, f"{names[2]}/unlabelled.png"))
    assert table.target.names == ("9", "10")
    assert [len(table.split(split)) for split in ("train", "valid", "test")] == [2, 2, 3]
    assert table.notes == (f"1 image outside of class folders left out: {names[2]}/unlabelled.png",)


def test_a_class_may_be_called_train(tmp_path):
    table = read(make(tmp_path, "car/1.png", "train/1.png", "bus/1.png"))
    assert table.target.names == ("bus", "car", "train") and table.rows["split"].null_count() == 3


def test_class_names_are_kept_unchanged(tmp_path):
    assert read(make(tmp_path, "1.0/1.png", "01/1.png", "none/1.png", "a|b/1.png")).target.names == (
        "01",
        "1.0",
        "a|b",
        "none",
    )


def test_folders_named_by_numbers_can_be_read_as_numbers(tmp_path):
    made = make(tmp_path, "0.5/1.png", "12/1.png", "12/2.png")
    assert sorted(read(made, NUMBERS).targets()[:, 0].tolist()) == [0.5, 12, 12]
    with pytest.raises(DataError, match=r"has 'cat' as folder\. Expected a number"):
        read(make(tmp_path, "cat/1.png"), NUMBERS)


def test_a_single_outer_folder_is_opened(tmp_path):
    table = read(make(tmp_path, "LICENSE", "inner/cat/1.png", "inner/dog/1.png"))
    assert table.target.names == ("cat", "dog") and "read from its only folder, inner" in table.notes


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "is empty"),
        (("1.txt",), "there are no images"),
        (("1.png", "2.png"), "2 images but no class folders"),
        (("cat/1.png", "cat/2.png"), "2 images but only the class cat"),
        (("train/1.png", "test/2.png"), "the images are directly in test, train"),
        (("train/cat/1.png", "test/cat/2.png"), "only the class cat"),
    ],
)
def test_other_folders_are_refused_with_a_reason(tmp_path, names, words):
    with pytest.raises(DataError, match=words) as error:
        read(make(tmp_path, *names))
    assert "\n" not in str(error.value) and str(tmp_path) in str(error.value)
