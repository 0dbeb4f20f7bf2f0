from pathlib import Path

import pytest

from opsin.core import DataError
from opsin.data.formats.masks.pairing import mentions_masks, pair_masks, pairs_mismatch, split_of
from opsin.data.formats.scan import FolderListing


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/a.jpg", "masks/a.png"),
        ("image/a.jpg", "label/a.png"),
        ("imgs/a.jpg", "annotations/a.png"),
        ("JPEGImages/a.jpg", "SegmentationClass/a.png"),
        ("input/a.tif", "target/a.tif"),
        ("img/a.jpg", "gt/a.png"),
        ("images/a.jpg", "ground_truth/a.png"),
        ("images/a.jpg", "groundtruth/a_gt.png"),
        ("train/images/a.jpg", "train/masks/a.png"),
        ("images/train/a.jpg", "masks/train/a.png"),
        ("data/membrane/train/image/0.png", "data/membrane/train/label/0.png"),
        ("train_images/a.jpg", "train_masks/a.png"),
        ("train/a.jpg", "train_masks/a_mask.gif"),
        ("train/a.jpg", "train/masks/a.png"),
        ("a.png", "a_mask.png"),
        ("images/a.png", "images/a_mask.png"),
        ("x/cat.png", "x/mask_cat.png"),
        ("a.jpg", "a-mask.png"),
        ("a.jpg", "a_label.png"),
        ("a.jpg", "a_seg.png"),
        ("a.jpg", "a_segmentation.png"),
        ("images/a.jpg", "masks/a_mask.png"),
        ("images/img_a.jpg", "masks/mask_a.png"),
        ("deep/er/images/sub/a.jpg", "deep/er/masks/sub/a.png"),
        ("a_sat.jpg", "a_mask.png"),
        ("input_images/a.jpg", "label_images/a.png"),
    ],
)
def test_pairs(image, mask):
    found = pair_masks([image, mask])
    assert found.masks == {image: mask} and not found.unpaired_images and not found.unpaired_masks
    assert pairs_mismatch(found) is None


def test_folders_take_precedence_over_names():
    paths = ["images/a.png", "images/a_mask.png", "masks/a.png", "masks/a_mask.png"]
    assert pair_masks(paths).masks == {"images/a.png": "masks/a.png", "images/a_mask.png": "masks/a_mask.png"}


def test_unpaired_files():
    found = pair_masks(["images/a.png", "images/b.png", "masks/a.png", "masks/c.png", "test/0.png"])
    assert found.masks == {"images/a.png": "masks/a.png"}
    assert (found.unpaired_images, found.unpaired_masks) == (("images/b.png", "test/0.png"), ("masks/c.png",))
    assert pairs_mismatch(found) is None


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["cat/1.jpg", "dog/1.jpg"], "no masks in folders such as"),
        (["with_mask/1.jpg", "without_mask/1.jpg"], "no masks in folders such as"),
        (["images/a/1.png", "masks/b/1.png"], "1 mask, none with the name of an image"),
        (["images/a.png", "masks/a.png", "masks/b.png", "masks/c.png"], "only 1 of 3 masks have an image: masks/b.png"),
        (["a.png", "a_mask.png", "b.png", "c.png"], "only 1 of 3 images have a mask with their name"),
    ],
)
def test_too_few_pairs_are_refused_with_a_reason(paths, words):
    assert pairs_mismatch(pair_masks(paths)).startswith(words)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (
            ["images/a.png", "masks/a.png", "labels/a.png"],
            "the image images/a.png has the masks labels/a.png and masks",
        ),
        (["images/a.png", "masks/a.png", "masks/a.tif"], "has the masks"),
        (["images/a.png", "images/a.jpg", "masks/a.png"], "the mask masks/a.png fits the images images/a.png and"),
    ],
)
def test_ambiguous_pairs_are_refused(paths, words):
    with pytest.raises(DataError, match=words):
        pair_masks(paths)


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train/images/a.png", "train"),
        ("images/val/a.png", "valid"),
        ("images/val2017/a.png", "valid"),
        ("test_images/a.png", "test"),
        ("data/validation/image/a.png", "valid"),
        ("my_dev_box/images/a.png", None),
        ("images/train.png", None),
    ],
)
def test_splits(path, split):
    assert split_of(path) == split


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("cat_mask.png", True),
        ("a/b/cat-GT.png", True),
        ("mask_1.png", True),
        ("a/label.1.png", True),
        ("masks/1.png", True),
        ("gt_1/cat.png", True),
        ("a/label.jpg", True),
        ("seg_1/cat.png", True),
        ("cat_mask.old/1.png", True),
        ("unmask_1.png", False),
        ("human/1.png", False),
        ("without_mask/1.png", False),
        ("cat_masked.png", False),
    ],
)
def test_masks_are_recognised_by_folder_prefix_or_suffix(path, told):
    assert mentions_masks(FolderListing(Path(), ("other/cat.png", path), (), ())) == told
