import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import INSTANCES, ImagePreprocessing, open_masks
from opsin.data.formats.masks.object_folders import is_object_folders, match_object_folders
from opsin.data.formats.scan import scan

REAL = os.environ.get("OPSIN_DATA")


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def square(top, left, side, size=(20, 30)):
    mask = np.zeros(size, np.uint8)
    mask[top : top + side, left : left + side] = 255
    return mask


OBJECTS = {"one": square(0, 0, 8), "two": square(4, 4, 3), "none": square(0, 0, 0)}


def make(folder, image="{}/images/{}.png", mask="{}/masks/{}.png", names=("a", "b")):
    for name in names:
        save(folder / image.format(name, name), np.zeros((20, 30, 3), np.uint8))
        for object, values in OBJECTS.items():
            save(folder / mask.format(name, object), values)
    return folder


def read(folder):
    (match,), reason = match_object_folders(scan(folder))
    assert not reason and match.kinds == (INSTANCES,)
    return match.read(str(folder), None)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("{}/images/{}.png", "{}/masks/{}.png"),
        ("stage1/{}/images/{}.png", "stage1/{}/masks/{}.png"),
        ("images/{}.png", "masks/{}/{}.png"),
        ("set/images/{}.tif", "set/masks/{}/{}.png"),
    ],
)
def test_layouts(tmp_path, image, mask):
    table = read(make(tmp_path, image, mask))
    assert len(table) == 2 and table.target.names == ("object",) and table.target.kind is INSTANCES
    codes = table.masks.read(table.rows["id"][0])
    assert codes.dtype == np.int32 and codes.shape == (20, 30)
    assert (codes[0, 0], codes[5, 5], codes[19, 19]) == (256, 512, 0) and len(np.unique(codes)) == 3
    assert table.rows["target"][0] == mask.format("a", "").rstrip("/").removesuffix(".png").rstrip("/")
    assert table.notes == ("6 objects in 2 images",)
    assert not open_masks(table, ImagePreprocessing.of_size((20, 30, 1))).errors


def test_classes_by_folder(tmp_path):
    make(tmp_path, mask="{}/masks/cell/{}.png")
    make(tmp_path, mask="{}/masks/dirt/{}2.png")
    table = read(tmp_path)
    assert table.target.names == ("cell", "dirt")
    assert set(np.unique(table.masks.read(table.rows["id"][0])) & 255) == {0, 1}


def test_splits_and_what_is_left_out(tmp_path):
    make(tmp_path, "train/{}/images/{}.png", "train/{}/masks/{}.png")
    save(tmp_path / "test/c/images/c.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "COMMIT.txt").touch()
    table = read(tmp_path)
    assert table.rows["split"].to_list() == ["train", "train"]
    assert table.notes[:2] == (
        "1 image without a folder of objects left out: test/c/images/c.png",
        "1 other file left out: COMMIT.txt",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"^has an object a/masks/two.png that is empty"),
        (b"junk", r"^has an object a/masks/two.png that is not an image"),
        (square(0, 0, 2, (5, 6)), r"^has an object a/masks/two.png of 5x6, but the image is 20x30"),
    ],
)
def test_a_broken_object_mask_is_a_one_line_error(tmp_path, content, words):
    make(tmp_path)
    path = tmp_path / "a/masks/two.png"
    path.write_bytes(content) if isinstance(content, bytes) else save(path, content)
    table = read(tmp_path)
    with pytest.raises(DataError, match=words):
        table.masks.read("a/images/a.png")
    assert list(open_masks(table, ImagePreprocessing.of_size((20, 30, 1))).errors) == [0]


def test_stamps_and_unknown_ids(tmp_path):
    table = read(make(tmp_path))
    before = table.masks.stamp("a/images/a.png")
    save(tmp_path / "a/masks/two.png", square(0, 0, 9))
    assert table.masks.stamp("a/images/a.png") != before
    with pytest.raises(DataError, match=r"^is not among the images with objects"):
        table.masks.read("other")


def test_objects_with_a_palette(tmp_path):
    make(tmp_path)
    image = Image.fromarray(OBJECTS["two"] // 255)
    image.putpalette([0, 0, 0, 9, 0, 0])
    image.save(tmp_path / "a/masks/two.png")
    assert (read(tmp_path).masks.read("a/images/a.png") > 0).sum() == 64


@pytest.mark.parametrize(
    "paths",
    [
        ("images/a.png", "images/b.png", "masks/a.png", "masks/b.png"),
        ("cat/a.png", "dog/b.png"),
        ("train/images/a.png", "train/masks/a.png", "val/images/b.png", "val/masks/b.png"),
        (),
    ],
)
def test_other_layouts_are_not_matches(tmp_path, paths):
    for path in paths:
        save(tmp_path / path, np.zeros((4, 4), np.uint8))
    assert not is_object_folders(scan(tmp_path))
    assert match_object_folders(scan(tmp_path))[1].startswith("no folder of objects for each image")


@pytest.mark.skipif(not REAL, reason="OPSIN_DATA names no folder with dsb2018_nuclei")
def test_nuclei():
    folder = Path(REAL or "") / "dsb2018_nuclei"
    if not folder.is_dir():
        pytest.skip("no dsb2018_nuclei there")
    table = read(folder)
    assert len(table) == 334 and table.target.names == ("object",)
    for id in table.rows["id"][:40]:
        pictures = [np.asarray(Image.open(path)) for path in (folder / id).parent.parent.glob("masks/*.png")]
        codes = table.masks.read(id)
        assert codes.max() // 256 == len(pictures) == len(np.unique(codes)) - 1
        np.testing.assert_array_equal(codes > 0, np.max(pictures, axis=0) > 0)
