import numpy as np
import pytest
import torch
from PIL import Image

from opsin.core import DataError
from opsin.data import CLASSES, LABELS, NUMBERS, ImagePreprocessing, Target, find_intensity, open_store, read

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (8, 6, 5, 3), np.uint8)


def pixels(table):
    return open_store(table, ImagePreprocessing.of_size((6, 5, 3), find_intensity(table)[0])).pixels


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        list(IMAGES),
        IMAGES / 255.0,
        IMAGES.astype(np.float32),
        IMAGES.astype(np.int64),
        np.moveaxis(IMAGES, 3, 1),
        torch.from_numpy(IMAGES),
        [Image.fromarray(image) for image in IMAGES],
    ],
    ids=["uint8", "list", "0 to 1", "0 to 255", "int64", "channels first", "torch", "PIL"],
)
def test_images_of_every_kind(images):
    np.testing.assert_array_equal(pixels(read((images, [0, 1] * 4))), IMAGES)


def test_floats_are_scaled_by_all_images_together():
    images = np.zeros((4, 6, 5, 3), np.float32)
    images[0] = 200
    images[1] = 0.5  # dark, among values up to 255
    assert pixels(read((images, [0, 1] * 2)))[:2, 0, 0, 0].tolist() == [200, 0]
    images[2] = 4095
    assert pixels(read((images, [0, 1] * 2)))[:3, 0, 0, 0].tolist() == [12, 0, 255]


def test_images_of_several_sizes():
    table = read(([np.zeros((3, 4), np.uint8), np.zeros((9, 2, 3), np.uint8)], ["a", "b"]))
    assert open_store(table, ImagePreprocessing.of_size((6, 5, 3))).pixels.shape == (2, 6, 5, 3)


def test_pillow_images_of_other_modes_are_seen_as_they_look():
    palette = Image.fromarray(IMAGES[0]).quantize(4)
    table = read(([palette, palette.convert("CMYK")], ["a", "b"]))
    np.testing.assert_array_equal(pixels(table)[0], np.asarray(palette.convert("RGB")))
    np.testing.assert_array_equal(pixels(table)[1], np.asarray(palette.convert("CMYK").convert("RGB")))


def test_targets():
    assert read((IMAGES, ["b", "a"] * 4)).target == Target(CLASSES, ("a", "b"))
    assert read((IMAGES, np.arange(8)[:, None] % 3)).target == Target(CLASSES, ("0", "1", "2"))
    assert read((IMAGES, RNG.random(8))).target == Target(NUMBERS, ("target",))
    assert read((IMAGES, RNG.random((8, 2)))).target == Target(NUMBERS, ("0", "1"))
    assert read((IMAGES, np.eye(4)[np.arange(8) % 4])).target == Target(CLASSES, ("0", "1", "2", "3"))
    assert read((IMAGES, np.triu(np.ones((8, 8))))).target.kind is LABELS
    assert read((IMAGES, [0, 1] * 4), NUMBERS).target.kind is NUMBERS


def test_parts_are_splits():
    table = read({"train": (IMAGES, [0, 1] * 4), "val": (IMAGES[:2], [0, 1]), "extra": (IMAGES[:2], [1, 0])})
    assert table.rows["id"].to_list()[-4:] == ["valid/0", "valid/1", "extra/0", "extra/1"]
    assert table.rows["split"].to_list()[-4:] == ["valid", "valid", None, None]


@pytest.mark.parametrize(
    ("images", "targets", "words"),
    [
        (IMAGES, [0, 1], "8 images and targets of shape"),
        (IMAGES, np.zeros((8, 2, 2)), "8 images and targets of shape"),
        (IMAGES[:0], [], "empty"),
        (IMAGES[0, 0], [0] * 5, "have the shape"),
        (IMAGES, [1.0] * 7 + [float("nan")], "row 7 has no finite target"),
    ],
)
def test_arrays_that_do_not_fit(images, targets, words):
    with pytest.raises(DataError, match=words) as error:
        read((images, targets))
    assert "\n" not in str(error.value)
