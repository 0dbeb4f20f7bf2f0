import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opsin.core import DataError
from opsin.data import INSTANCES, MASKS, ImagePreprocessing, open_masks
from opsin.data.formats.masks.mask_folders import match_mask_folders
from opsin.data.formats.scan import scan
from opsin.data.writers.masks import write_mask, write_objects

RNG = np.random.default_rng(0)
REAL = os.environ.get("OPSIN_DATA")


def save(path, values, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **options)


def make(folder, masks, style="masks/{}.png", image="images/{}.png"):
    for name, mask in masks.items():
        save(folder / image.format(name), RNG.integers(0, 256, (*mask.shape[:2], 3), np.uint8))
        save(folder / style.format(name), mask)
    return folder


def read(folder, task=None):
    (match,), reason = match_mask_folders(scan(folder))
    assert not reason
    return match.read(str(folder), task)


def ids(count=3, most=3, size=(8, 10), seed=0):
    rng = np.random.default_rng(seed)
    return {f"p{place}": rng.integers(0, most, size).astype(np.uint8) for place in range(count)}


def test_images_and_masks(tmp_path):
    masks = ids()
    table = read(make(tmp_path, masks))
    assert table.target.kind is MASKS and table.target.names == ("0", "1", "2") and table.origin == str(tmp_path)
    assert table.rows.to_dicts()[0] == {"id": "images/p0.png", "target": "masks/p0.png", "group": None, "split": None}
    for name, mask in masks.items():
        np.testing.assert_array_equal(table.masks.read(f"images/{name}.png"), mask)
    store = open_masks(table, ImagePreprocessing.of_size((8, 10, 1)))
    assert not store.errors and (store.masks == np.stack(list(masks.values()))).all()


@pytest.mark.parametrize("factor", [1, 255])
def test_two_classes(tmp_path, factor):
    masks = ids(most=2)
    table = read(make(tmp_path, {name: mask * np.uint8(factor) for name, mask in masks.items()}))
    assert table.target.names == ("background", "foreground")
    np.testing.assert_array_equal(table.masks.read("images/p1.png"), masks["p1"])


def test_one_bit_masks(tmp_path):
    masks = ids(most=2)
    table = read(make(tmp_path, {name: mask.astype(bool) for name, mask in masks.items()}))
    np.testing.assert_array_equal(table.masks.read("images/p1.png"), masks["p1"])


def test_images_and_masks_in_one_folder(tmp_path):
    table = read(make(tmp_path, ids(), "{}_mask.png", "{}.jpg"))
    assert table.rows["id"].to_list() == ["p0.jpg", "p1.jpg", "p2.jpg"]


def test_splits_and_what_is_left_out(tmp_path):
    make(tmp_path, ids(2), "train/masks/{}.png", "train/images/{}.png")
    make(tmp_path, ids(1), "val/masks/{}.png", "val/images/{}.png")
    save(tmp_path / "test/images/x.png", np.zeros((4, 4), np.uint8))
    save(tmp_path / "train/masks/lost.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "readme.md").touch()
    table = read(tmp_path)
    assert table.rows["split"].to_list() == ["train", "train", "valid"]
    assert table.notes == (
        "1 image without a mask left out: test/images/x.png",
        "1 mask without an image left out: train/masks/lost.png",
        "1 other file left out: readme.md",
    )


def test_names_from_a_file(tmp_path):
    make(tmp_path, {name: mask * np.uint8(4) for name, mask in ids().items()})
    (tmp_path / "classes.txt").write_text("0 sky\n4 cat\n8 dog\n")
    table = read(tmp_path)
    assert table.target.names == ("sky", "cat", "dog") and np.unique(table.masks.read("images/p0.png")).max() == 2
    assert match_mask_folders(scan(tmp_path))[0][0].kinds == (MASKS,)
    (tmp_path / "classes.txt").write_text("0 sky\n4 cat\n")
    with pytest.raises(DataError, match=r"classes.txt names 2 classes and none for 8") as error:
        read(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}: 3 masks with 3 values: ") and "\n" not in str(error.value)


def test_colours_by_a_file(tmp_path):
    colours = np.array([(0, 0, 0), (128, 64, 128), (0, 0, 200)], np.uint8)
    masks = ids()
    make(tmp_path, {name: colours[mask] for name, mask in masks.items()})
    with pytest.raises(DataError, match="3 masks with 3 colours: "):
        read(tmp_path)
    (tmp_path / "class_dict.csv").write_text("name,r,g,b\nsky,0,0,0\nroad,128,64,128\nsea,0,0,200\n")
    table = read(tmp_path)
    assert table.target.names == ("sky", "road", "sea")
    np.testing.assert_array_equal(table.masks.read("images/p2.png"), masks["p2"])


def test_pascal_voc(tmp_path):
    masks = ids(3)
    masks["p0"][0, 0] = 255
    make(tmp_path, masks, "VOC/SegmentationClass/{}.png", "VOC/JPEGImages/{}.jpg")
    make(tmp_path, masks, "VOC/SegmentationObject/{}.png", "VOC/JPEGImages/{}.jpg")
    lists = tmp_path / "VOC/ImageSets/Segmentation"
    lists.mkdir(parents=True)
    for name, text in {"train": "p0\np2\n", "val": "p1\n", "trainval": "p0\np1\np2\n"}.items():
        (lists / f"{name}.txt").write_text(text)
    table = read(tmp_path)
    assert table.rows["split"].to_list() == ["train", "valid", "train"]
    assert table.masks.read("VOC/JPEGImages/p0.jpg")[0, 0] == 255 and table.target.names == ("0", "1", "2")


def test_jpeg_masks(tmp_path):
    square = np.zeros((64, 64), np.uint8)
    square[10:50, 20:60] = 255
    make(tmp_path, {"a": square, "b": square.T}, "masks/{}.jpg")
    table = read(tmp_path)
    np.testing.assert_array_equal(table.masks.read("images/a.png"), square // 255)
    assert any("thresholded at 128" in note for note in table.notes)
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    make(tmp_path, {"c": smooth}, "masks/{}.jpg")
    with pytest.raises(DataError, match="masks are JPEG files"):
        read(tmp_path)


def test_numbers_of_objects(tmp_path):
    cells = {f"c{most}": (np.arange(900).reshape(30, 30) // 9 % (most + 1)).astype(np.uint16) for most in (9, 12, 20)}
    table = read(make(tmp_path, cells))
    assert table.target.kind is INSTANCES and table.target.names == ("object",)
    np.testing.assert_array_equal(table.masks.read("images/c9.png"), cells["c9"].astype(np.int32) * 256)
    assert read(tmp_path, MASKS).target.kind is MASKS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"has a mask masks/p1.png that is empty \(0 bytes\)"),
        (b"junk", "has a mask masks/p1.png that is not an image"),
        (None, "has a mask masks/p1.png that is cut short or damaged"),
    ],
)
def test_broken_masks_are_one_line_errors(tmp_path, content, words):
    make(tmp_path, ids(size=(80, 90)))
    path = tmp_path / "masks/p1.png"
    path.write_bytes(path.read_bytes()[:-600] if content is None else content)
    table = read(tmp_path)
    assert any(note.startswith("1 mask cannot be read: masks/p1.png is") for note in table.notes)
    with pytest.raises(DataError, match=words):
        table.masks.read("images/p1.png")
    assert list(open_masks(table, ImagePreprocessing.of_size((16, 16, 1))).errors) == [1]


def test_a_mask_of_another_size_is_a_one_line_error(tmp_path):
    make(tmp_path, ids())
    save(tmp_path / "masks/p1.png", np.ones((5, 5), np.uint8))
    assert open_masks(read(tmp_path), ImagePreprocessing.of_size((8, 8, 1))).errors == {
        1: "images/p1.png has a mask of 5x5, but is 8x10 itself; expected one size"
    }


def test_two_masks_for_an_image_are_an_error(tmp_path):
    make(tmp_path, ids())
    make(tmp_path, ids(), "labels/{}.png")
    with pytest.raises(DataError, match=r"the image images/p0.png has the masks labels/p0.png and masks/p0.png"):
        read(tmp_path)


def test_photographs_and_class_folders_are_not_matches(tmp_path):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        save(tmp_path / name, np.zeros((4, 4), np.uint8))
    matches, reason = match_mask_folders(scan(tmp_path))
    assert not matches and reason.startswith("no masks in folders such as images/ and masks/")


@settings(max_examples=20)
@given(st.integers(2, 40), st.integers(1, 20), st.integers(1, 20), st.booleans(), st.integers(0, 99))
def test_masks_round_trip(tmp_path_factory, classes, height, width, unknown, seed):
    folder = tmp_path_factory.mktemp("masks")
    rng = np.random.default_rng(seed)
    names = [f"class {place}" for place in range(classes)]
    (folder / "classes.txt").write_text("\n".join(names))
    masks = [rng.integers(0, classes, (height, width)).astype(np.uint8) for _ in range(3)]
    masks[0][0, 0] = classes - 1
    if unknown:
        masks[1][0, 0] = 255
    for place, mask in enumerate(masks):
        save(folder / f"images/{place}.png", np.zeros((height, width, 3), np.uint8))
        write_mask(folder / f"masks/{place}.png", mask, names)
    table = read(folder)
    assert table.target.names == tuple(names)
    for place, mask in enumerate(masks):
        np.testing.assert_array_equal(table.masks.read(f"images/{place}.png"), mask)


@settings(max_examples=20)
@given(st.integers(2, 400), st.integers(0, 99))
def test_instance_masks_round_trip(tmp_path_factory, most, seed):
    folder = tmp_path_factory.mktemp("objects")
    codes = [np.random.default_rng(seed + turn).integers(0, most + 1, (12, 11)) * 256 for turn in range(3)]
    codes = [np.unique(code, return_inverse=True)[1].reshape(12, 11).astype(np.int32) * 256 for code in codes]
    for place, code in enumerate(codes):
        save(folder / f"images/{place}.png", np.zeros((12, 11, 3), np.uint8))
        write_objects(folder / f"masks/{place}.png", code)
    if all(code.max() <= 256 for code in codes):
        return
    table = read(folder, INSTANCES)
    for place, code in enumerate(codes):
        np.testing.assert_array_equal(table.masks.read(f"images/{place}.png"), code)


@pytest.mark.skipif(not REAL, reason="OPSIN_DATA names no folder with isbi_membrane")
def test_membranes():
    folder = Path(REAL or "") / "isbi_membrane"
    if not folder.is_dir():
        pytest.skip("no isbi_membrane there")
    table = read(folder)
    assert len(table) == 30 and table.target.names == ("background", "foreground")
    shares = [float(table.masks.read(id).mean()) for id in table.rows["id"]]
    assert 0.7 < np.mean(shares) < 0.85  # 255 is inside the cells, 0 the membranes
    assert not open_masks(table, ImagePreprocessing.of_size((64, 64, 1))).errors
