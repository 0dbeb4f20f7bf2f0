"""Tables and folders as spreadsheets, pandas, Kaggle and labelling tools leave them."""

import numpy as np
import pytest
from PIL import Image

from opsin import data
from opsin.core import DataError


def _images(folder, *names):
    for at, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 20 * at % 256, np.uint8)).save(folder / name)


def _table(folder, header, row, rows=6):
    _images(folder, *(f"{at}.png" for at in range(rows)))
    (folder / "t.csv").write_text("\n".join([header, *(",".join(map(str, row(at))) for at in range(rows))]))
    return data.read(folder)


@pytest.mark.parametrize("header", [",image,label", " ,image,label", "Unnamed: 0,image,label"])
def test_row_numbers_of_pandas_without_a_name(tmp_path, header):
    table = _table(tmp_path, header, lambda at: (at, f"{at}.png", "ab"[at % 2]))
    assert table.target.names == ("a", "b")
    assert table.extra == ()


@pytest.mark.parametrize("column", ["id_code", "image_code", "Image Code"])
def test_files_without_an_ending_in_a_column_of_codes(tmp_path, column):
    assert len(_table(tmp_path, f"{column},diagnosis", lambda at: (at, at % 3))) == 6


def test_choices_of_a_labelling_tool(tmp_path):
    header = "annotation_id,annotator,choice,created_at,image,lead_time"
    table = _table(tmp_path, header, lambda at: (at, 1, "ab"[at % 2], "2024-01-01", f"/data/upload/{at}.png", 3.5))
    assert table.target.names == ("a", "b")


def test_one_and_minus_one_are_yes_and_no(tmp_path):
    table = _table(tmp_path, "file,smiling,young", lambda at: (f"{at}.png", at % 2 * 2 - 1, at // 3 * 2 - 1))
    assert table.target.kind.word == "labels"
    assert table.targets().tolist() == [[0, 0], [1, 0], [0, 0], [1, 1], [0, 1], [1, 1]]
    assert "1 and -1" in " ".join(table.notes)
    assert data.read(tmp_path, "numbers").targets().min() == -1


@pytest.mark.parametrize("column", ["data set", "dataset", "Data_Set"])
def test_a_column_of_splits_called_data_set(tmp_path, column):
    table = _table(tmp_path, f"file,label,{column}", lambda at: (f"{at}.png", "ab"[at % 2], ["train", "test"][at // 3]))
    assert table.split_counts() == {"train": 3, "test": 3}


def test_a_column_of_names_of_data_sets_is_no_split(tmp_path):
    table = _table(tmp_path, "file,label,dataset", lambda at: (f"{at}.png", "ab"[at % 2], ["siteA", "siteB"][at // 3]))
    assert table.extra == ("dataset",)


@pytest.mark.parametrize("column", ["EncodedPixels", "rle", "mask_rle"])
def test_run_lengths_are_no_classes(tmp_path, column):
    with pytest.raises(DataError, match="run lengths"):
        _table(tmp_path, f"ImageId,{column}", lambda at: (f"{at}.png", "1 3 10 5"))


@pytest.mark.parametrize("ending", ["-labelled", "_labeled", "-labels"])
def test_masks_of_tiles_are_no_classes(tmp_path, ending):
    for slide in ("s1", "s2"):
        for at in range(3):
            _images(tmp_path, f"tiles/{slide}/{slide} [x={at},y=0].jpg")
            mask = np.zeros((8, 8), np.uint8)
            mask[2:5, 2:5] = 1
            mask[5:7] = 2
            Image.fromarray(mask).save(tmp_path / f"tiles/{slide}/{slide} [x={at},y=0]{ending}.png")
    table = data.read(tmp_path)
    assert (len(table), table.target.kind.word) == (6, "masks")


@pytest.mark.parametrize("folds", [("fold_0", "fold_1"), ("part1", "part2"), ("batch-1", "batch-2", "batch-3")])
def test_folds_are_no_classes(tmp_path, folds):
    _images(tmp_path, *(f"{fold}/{name}/{at}.png" for fold in folds for name in ("cat", "dog") for at in range(2)))
    with pytest.raises(DataError, match="as folds or parts do"):
        data.read(tmp_path)


@pytest.mark.parametrize("copy", ["cats - Copy", "cats copy", "cats (2)", "cats_backup", "New folder"])
def test_copies_of_folders_are_named(tmp_path, copy):
    _images(tmp_path, *(f"{name}/{at}.png" for name in ("cats", "dogs", copy) for at in range(2)))
    assert any("classes of their own" in note and copy in note for note in data.read(tmp_path).notes)


def test_folders_like_copies_of_nothing_are_not_named(tmp_path):
    _images(tmp_path, *(f"{name}/{at}.png" for name in ("age (1)", "very old", "dogs") for at in range(2)))
    assert not data.read(tmp_path).notes


def test_runs_of_other_tools_are_left_out(tmp_path):
    _images(tmp_path, *(f"{name}/{at}.png" for name in ("cats", "dogs") for at in range(2)))
    _images(tmp_path, "runs/detect/train/confusion_matrix.png", "runs/detect/train/labels.jpg")
    (tmp_path / "runs/detect/train/args.yaml").write_text("task: detect")
    assert data.read(tmp_path).target.names == ("cats", "dogs")


def test_files_of_other_kinds_are_counted_once(tmp_path):
    _images(tmp_path, *(f"{name}/{at}.png" for name in ("cats", "dogs") for at in range(2)))
    for name in ("cats/a.HEIC", "cats/b.mov", "cats/c.aae"):
        (tmp_path / name).write_bytes(b"x")
    notes = " ".join(data.read(tmp_path).notes)
    assert [notes.count(name) for name in ("a.HEIC", "b.mov", "c.aae")] == [1, 1, 1]
