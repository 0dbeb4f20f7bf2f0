"""Several masks of one image: joined when counted on, refused when of one class each."""

import numpy as np
import pytest
from PIL import Image

from opsin import data
from opsin.core import DataError


def _image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(str(path))).integers(0, 255, (12, 16, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def _mask(path, rows, value=255, size=(12, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(size, np.uint8)
    mask[rows] = value
    Image.fromarray(mask).save(path)


@pytest.fixture
def folder(tmp_path):
    for name in ("benign", "malignant"):
        for at in range(3):
            _image(tmp_path / name / f"{name} ({at}).png")
            _mask(tmp_path / name / f"{name} ({at})_mask.png", slice(1, 4))
    return tmp_path


@pytest.mark.parametrize("separator", ["_", "-"])
def test_masks_that_are_counted_on_are_joined(folder, separator):
    _mask(folder / "benign" / f"benign (1)_mask{separator}1.png", slice(6, 8))
    _mask(folder / "benign" / f"benign (1)_mask{separator}2.png", slice(3, 5))
    table = data.read(folder)
    assert len(table) == 6
    rows = table.masks.read("benign/benign (1).png").max(axis=1)
    assert np.flatnonzero(rows).tolist() == [1, 2, 3, 4, 6, 7]
    assert np.flatnonzero(table.masks.read("benign/benign (2).png").max(axis=1)).tolist() == [1, 2, 3]
    assert any("1 image with several masks, joined: benign/benign (1).png" in note for note in table.notes)


def test_joined_objects_stay_apart(folder):
    for path in folder.glob("*/*_mask.png"):
        _mask(path, slice(1, 4), 7)
        with Image.open(path) as image:
            mask = np.array(image)
        mask[8:10] = 9
        Image.fromarray(mask).save(path)
    _mask(folder / "benign" / "benign (1)_mask_1.png", slice(5, 7), 7)
    mask = data.read(folder, "instances").masks.read("benign/benign (1).png")
    assert len(np.unique(mask)) == 4
    assert len(np.unique(mask[[2, 5, 9]][:, 0])) == 3


def test_the_stamp_depends_on_all_masks(folder):
    extra = folder / "benign" / "benign (1)_mask_1.png"
    _mask(extra, slice(6, 8))
    masks = data.read(folder).masks
    before = masks.stamp("benign/benign (1).png")
    _mask(extra, slice(6, 9), size=(12, 17))
    assert masks.stamp("benign/benign (1).png") != before
    with pytest.raises(DataError, match="of another size"):
        masks.read("benign/benign (1).png")


def test_a_folder_of_masks_for_each_class_is_named(tmp_path):
    for at in range(3):
        _image(tmp_path / "images" / f"eye{at}.jpg")
        for name, ending in (("1. Microaneurysms", "MA"), ("2. Haemorrhages", "HE"), ("3. Exudates", "EX")):
            _mask(tmp_path / "groundtruth" / name / f"eye{at}_{ending}.tif", slice(1, 4))
    with pytest.raises(DataError, match="a folder for each class"):
        data.read(tmp_path)


def test_two_folders_of_masks_of_the_same_names_are_named(tmp_path):
    for at in range(3):
        _image(tmp_path / "images" / f"{at}.png")
        for side in ("leftMask", "rightMask"):
            _mask(tmp_path / "ManualMask" / side / f"{at}.png", slice(1, 4))
    with pytest.raises(DataError, match="with a value for each class"):
        data.read(tmp_path)
