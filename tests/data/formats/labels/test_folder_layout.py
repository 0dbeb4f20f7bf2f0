"""Layouts of class folders as public data sets, students and tools leave them; files are empty, only names count."""

import pytest

from opsin.core import DataError
from opsin.data import CLASSES, read


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def tree(template, *parts, count=2):
    """Names of files: {0}, {1}, ... are replaced by every combination of the words in `parts`."""
    names = [template]
    for place, words in enumerate(parts):
        names = [name.replace(f"{{{place}}}", word) for name in names for word in words.split()]
    return [f"{name}/{number}.png" for name in names for number in range(count)]


def summary(table):
    rows = table.rows.group_by("target", "split").len().rows()
    return {(table.target.names[target], split): count for target, split, count in rows}


BOTH = {(label, split): 2 for label in ("cat", "dog") for split in ("train", "test")}


@pytest.mark.parametrize(
    "names",
    [
        tree("{0}/{1}", "Train_Set Test_Set", "cat dog"),
        tree("{0}/{1}", "trainset testset", "cat dog"),
        tree("{0}/{1}", "TrainingData TestingData", "cat dog"),
        tree("{0}/{1}", "tr te", "cat dog"),
        tree("{0}/{1}", "1_training 2_evaluation", "cat dog"),
        tree("{0}/{1}", "train_images test_images", "cat dog"),
        tree("{0}/{1}", "train2017 eval2017", "cat dog"),
        tree("{0}/{0}/{1}", "seg_train", "cat dog") + tree("{0}/{0}/{1}", "seg_test", "cat dog"),
        tree("{0}/{0}/{1}", "training_set", "cat dog") + tree("{0}/{0}/{1}", "test_set", "cat dog"),
        tree("{0}/{1}", "trainval test", "cat dog"),
        tree("{0}/{1}", "learning testing", "cat dog"),
        tree("animals_{0}/{1}", "training testing", "cat dog"),
        tree("photos/{0}/{1}", "train test", "cat dog"),
        tree("a/b/c/{0}/{1}", "Train Test", "cat dog"),
        tree("{0}/images/{1}", "train test", "cat dog"),
        tree("data/{0}/jpg/{1}", "train test", "cat dog"),
        tree("{1}/{0}", "train test", "cat dog"),
        tree("pets/{1}/{0}", "training_images holdout", "cat dog"),
        tree("{1}/{0}", "Training Eval", "cat dog"),
        tree("{2}/{0}/{1}", "train test", "cat dog", "clinic", count=2),
        tree("{2}/{0}/{1}", "train test", "cat dog", "north south", count=1),
    ],
    ids=lambda names: names[0].rpartition("/")[0] + "..." + names[-1].rpartition("/")[0],
)
def test_splits_of_any_spelling_and_depth(tmp_path, names):
    assert summary(read(make(tmp_path, *names))) == BOTH


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        (tree("samples"), "samples/ (2 images)"),
        (tree("predict"), "predict/ (2 images)"),
        (tree("test-multiple_fruits"), "test-multiple_fruits/ (2 images)"),
        (tree("unlabelled/a"), "unlabelled/ (2 images)"),
        (tree("papers/figures") + tree("demo"), "demo/ (2 images), papers/ (2 images)"),
        (tree("extra/{0}", "cat dog"), "extra/ (4 images)"),
        (tree("train_station"), "train_station/ (2 images)"),
    ],
)
@pytest.mark.parametrize("outer", ["", "archive/"])
def test_a_folder_next_to_the_splits_is_left_out_and_named(tmp_path, extra, named, outer):
    names = tree("{0}/{1}", "train test", "cat dog") + extra
    table = read(make(tmp_path, *(outer + name for name in names)))
    assert summary(table) == BOTH
    (note,) = (note for note in table.notes if "not named like splits: " in note)
    assert note.partition(": ")[2].replace(outer or "/./", "") == named


@pytest.mark.parametrize("flat", ["alphabet_test/alphabet_test", "alphabet_test/images", "alphabet_test"])
def test_a_split_without_class_folders_is_left_out(tmp_path, flat):
    table = read(make(tmp_path, *tree("alphabet_train/alphabet_train/{0}", "cat dog"), *tree(flat)))
    assert summary(table) == {("cat", "train"): 2, ("dog", "train"): 2}
    assert any(note.startswith("2 images outside of class folders left out") for note in table.notes)


def test_folders_beside_the_folder_of_splits(tmp_path):
    names = tree("pets/{0}/{1}", "train test", "cat dog")
    table = read(make(tmp_path, *names, *tree("figures")))
    assert summary(table) == BOTH and "1 folder left out, not named like splits: figures/ (2 images)" in table.notes
    with pytest.raises(DataError, match=r"pets/test, pets/train are splits, but 22 images are in figures, more"):
        read(make(tmp_path, *tree("more", count=20)))


@pytest.mark.parametrize("only", ["train", "Training_Set"])
def test_a_single_split_with_an_extra_folder(tmp_path, only):
    table = read(make(tmp_path, *tree("{0}/{1}", only, "cat dog"), *tree("samples")))
    assert summary(table) == {("cat", "train"): 2, ("dog", "train"): 2}
    assert any("samples/ (2 images)" in note for note in table.notes)


@pytest.mark.parametrize("word", ["test", "validation", "holdout", "samples", "predictions", "examples"])
def test_a_flat_folder_beside_classes_is_no_class(tmp_path, word):
    table = read(make(tmp_path, *tree("{0}", f"cat dog {word}")))
    assert summary(table) == {("cat", None): 2, ("dog", None): 2}
    assert f"1 folder left out, not named like classes: {word}/ (2 images)" in table.notes


@pytest.mark.parametrize(
    "classes",
    ["car bus train", "bullet_train freight_train", "train_station bus_stop", "test_tube beaker", "tr te de en",
     "sample_a sample_b", "1 2 3", "development_board breadboard", "set1 set2"],
)  # fmt: skip
def test_names_of_classes_are_no_splits(tmp_path, classes):
    table = read(make(tmp_path, *tree("{0}", classes)))
    assert set(table.target.names) == set(classes.split()) and table.rows["split"].null_count() == len(table)


def test_classes_with_the_same_folders_inside_are_noted(tmp_path):
    table = read(make(tmp_path, *tree("{0}/{1}", "color grey", "healthy scab")))
    assert set(table.target.names) == {"color", "grey"}
    assert "each class contains the folders healthy, scab: name one class if those are classes" in table.notes
    assert not read(make(tmp_path / "years", *tree("{0}/{1}", "cat dog", "2020 2021"))).notes


def test_a_damaged_data_yaml_is_no_data_set_of_class_folders(tmp_path):
    made = make(tmp_path, *tree("{0}", "cat dog"))
    (made / "data.yaml").write_text("names: [a, b\ntrain: x")
    with pytest.raises(DataError, match=r"data\.yaml is not valid YAML"):
        read(made)
    assert len(read(made, CLASSES)) == 4


def test_two_readings_are_a_question(tmp_path):
    made = make(tmp_path, *tree("train/{0}", "steam diesel"), *tree("{0}", "car bus"))
    with pytest.raises(DataError, match=r"train may be a split, with the classes diesel, steam, or a class like bus"):
        read(made)


def test_folds_are_a_question(tmp_path):
    made = make(tmp_path, *tree("fold{2}/{0}/{1}", "train test", "cat dog", "1 2"))
    with pytest.raises(DataError, match=r"fold1, fold2 contain splits each.*name one of them"):
        read(made)


def test_classes_with_splits_and_one_without(tmp_path):
    table = read(make(tmp_path, *tree("{0}/{1}", "cat dog", "train test"), *tree("bird")))
    assert summary(table) == {**BOTH, ("bird", None): 2}


def test_one_class_is_read_for_an_evaluation_only(tmp_path):
    made = make(tmp_path, *tree("red"))
    assert summary(read(made, CLASSES)) == {("red", None): 2}
    with pytest.raises(DataError, match="only the class red"):
        read(made)


def test_names_of_classes_in_both_forms_of_unicode_are_one_class(tmp_path):
    table = read(make(tmp_path, "train/caf\u00e9/1.png", "test/cafe\u0301/2.png", "train/tea/3.png"))
    assert table.target.names == ("caf\u00e9", "tea")
