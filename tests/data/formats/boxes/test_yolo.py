import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.optimize import linear_sum_assignment

from opsin.core import DataError
from opsin.data import BOXES, CLASSES, INSTANCES, MASKS, read

REAL = Path(os.environ.get("OPSIN_DATA", "nowhere")) / "coco128"
YAML = "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  5: dog\n"
CAT, DOG = "0 0.5 0.5 0.2 0.4\n", "5 0.25 0.5 0.1 0.1\n"


def picture(path: Path, size=(20, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size[::-1]).save(path)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make(folder: Path, yaml: str | None = YAML, images="images/{}", labels="labels/{}") -> Path:
    """Two images a split: a cat in the first, a dog in the second."""
    for split in ("train", "val"):
        for name, text in (("a", CAT), ("b", DOG)):
            picture(folder / images.format(split) / f"{name}.png")
            write(folder / labels.format(split) / f"{name}.txt", text)
    if yaml is not None:
        write(folder / "data.yaml", yaml)
    return folder


def test_sparse_ids_and_splits(tmp_path):
    table = read(make(tmp_path))
    assert table.target.names == ("cat", "dog")
    assert table.rows["split"].to_list() == ["train", "train", "valid", "valid"]
    np.testing.assert_allclose(table.targets()[0], [[12, 6, 18, 14, 0, 0, 48]])
    assert table.targets()[1][0, 4] == 1


@pytest.mark.parametrize(
    ("yaml", "images", "labels"),
    [
        (YAML.replace("path: .", "path: /content/datasets/pets"), "images/{}", "labels/{}"),  # another machine's
        ("train: ../train/images\nval: ../val/images\nnc: 6\n", "{}/images", "{}/labels"),  # Roboflow
        ("train: train/images\nval: val/images\nnames: [a, b, c, d, e, f]\n", "{}/images", "{}/labels"),
        ("train: [train]\nval: [val]\nnames: [a, b, c, d, e, f]\n", "{}", "{}"),  # labels beside images
    ],
)
def test_usual_layouts(tmp_path, yaml, images, labels):
    table = read(make(tmp_path, yaml, images, labels))
    assert [len(boxes) for boxes in table.targets()] == [1, 1, 1, 1]
    assert table.rows["split"].to_list() == ["train", "train", "valid", "valid"]


def test_a_text_file_of_images_in_place_of_a_folder(tmp_path):
    make(tmp_path, YAML.replace("images/train", "train.txt").replace("images/val", "val.txt"))
    write(tmp_path / "train.txt", "./images/train/a.png\n./images/train/b.png\n../../etc/x.png\n")
    write(tmp_path / "val.txt", "images/val/a.png\n/etc/y.png\n")
    table = read(tmp_path)
    assert table.rows["id"].to_list() == ["images/train/a.png", "images/train/b.png", "images/val/a.png"]
    assert [len(boxes) for boxes in table.targets()] == [1, 1, 1]


def test_images_may_be_next_to_the_folder_of_the_file_only(tmp_path):
    make(tmp_path / "set", None)
    write(tmp_path / "set/boxes/data.yaml", YAML)
    assert len(read(tmp_path / "set/boxes/data.yaml")) == 4
    write(tmp_path / "set/deep/er/data.yaml", YAML)
    with pytest.raises(DataError, match="does not exist"):
        read(tmp_path / "set/deep/er/data.yaml")
    write(tmp_path / "far/out/data.yaml", YAML.replace("images/", "../../set/images/"))
    with pytest.raises(DataError, match="does not describe a data set"):
        read(tmp_path / "far/out/data.yaml")


def test_missing_label_files_are_background_unless_skipped(tmp_path):
    make(tmp_path)
    (tmp_path / "labels/train/a.txt").unlink()
    write(tmp_path / "labels/val/a.txt", "")
    table = read(tmp_path)
    assert [len(boxes) for boxes in table.targets()] == [0, 1, 0, 1]
    assert any("1 image without a label file read as background" in line for line in table.notes)
    write(tmp_path / "data.yaml", YAML + "skip_if_label_file_missing: true\n")
    table = read(tmp_path)
    assert [len(boxes) for boxes in table.targets()] == [1, 0, 1]
    assert any("1 image without a label file left out" in line for line in table.notes)


def test_label_files_without_a_yaml(tmp_path):
    make(tmp_path / "a", None)
    table = read(tmp_path / "a")
    assert table.target.names == ("0", "1", "2", "3", "4", "5")
    assert table.rows["split"].to_list() == ["train", "train", "valid", "valid"]
    make(tmp_path / "b", None)
    write(tmp_path / "b/classes.txt", "cat\nv\nw\nx\ny\ndog\n")
    assert read(tmp_path / "b").target.names == ("cat", "v", "w", "x", "y", "dog")


def test_other_text_files_next_to_images_are_not_labels(tmp_path):
    for name in ("cat/1", "cat/2", "dog/1", "dog/2"):
        picture(tmp_path / f"{name}.png")
        write(tmp_path / f"{name}.txt", "a photograph of an animal")
    assert read(tmp_path).target.kind is CLASSES


def test_outlines_become_boxes_masks_and_objects(tmp_path):
    make(tmp_path)
    write(tmp_path / "labels/train/a.txt", "0 0.1 0.2 0.5 0.2 0.5 0.6 0.1 0.6\n" + CAT)
    table = read(tmp_path)
    np.testing.assert_allclose(table.targets()[0][0], [3, 4, 15, 12, 0, 0, 96], atol=1e-4)
    assert any("set the task to instances or segment" in line for line in table.notes)
    codes = read(tmp_path, INSTANCES).masks.read("images/train/a.png")
    assert np.unique(codes).tolist() == [0, 256] and (codes[4:12, 3:15] == 256).mean() > 0.8
    segment = read(tmp_path, MASKS)
    assert segment.target.names == ("background", "cat", "dog")
    assert any("4 objects without an outline left out" in line for line in segment.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0.5 0.5 0.2\n", "line 1 has 4 numbers. Expected a class with a box"),
        (CAT + "\n0 0.1 0.1 0.2 0.2 0.3 0.3 0.4\n", "line 3 has 8 numbers"),
        ("0 12 14 3 4\n", "line 1 has 14. Expected coordinates"),
        ("0 nan 0.5 0.2 0.2\n", "line 1 has a value that is not finite"),
        ("cat 0.5 0.5 0.2 0.2\n", "line 1 is 'cat 0.5 0.5 0.2 0.2'. Expected numbers"),
        ("3 0.5 0.5 0.2 0.2\n", "line 1 has the class 3, which has no name"),
        ("0.5 0.5 0.5 0.2 0.2\n", "line 1 has the class 0.5"),
    ],
)
def test_a_broken_label_file_is_left_out_with_its_image(tmp_path, text, words):
    make(tmp_path)
    write(tmp_path / "labels/train/a.txt", text)
    table = read(tmp_path)
    assert len(table) == 3
    (line,) = [line for line in table.notes if line.startswith("1 label file left out with the image")]
    assert f"labels/train/a.txt {words}" in line


def test_all_label_files_broken_is_an_error(tmp_path):
    make(tmp_path)
    for path in tmp_path.rglob("*.txt"):
        path.write_text("?")
    with pytest.raises(DataError, match="4 label files left out with the image") as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("train: images/train\nnames: 5\n", "Expected a list of class names"),
        ("train: images/train\nnames: [cat, cat]\n", "more than once"),
        ("train: nowhere\nnames: [cat]\n", "train: nowhere does not exist"),
        ("a: [", "is not valid YAML"),
        ("a: &a [x, x]\nb: &b [*a, *a]\n" + "z" * (1 << 20), "too large"),
    ],
)
def test_invalid_yaml_files_are_one_line_errors(tmp_path, yaml, words):
    make(tmp_path, yaml, labels="notes/{}")
    with pytest.raises(DataError, match=words) as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.skipif(not REAL.is_dir(), reason="OPSIN_DATA names no folder with coco128")
def test_all_kinds_of_coco128():
    boxes = read(REAL / "object_detection/config.yaml")
    assert len(boxes) == 128 and len(boxes.target.names) == 80
    assert sum(map(len, boxes.targets())) == 929
    outlines = read(REAL / "instance_segmentation/config.yaml")
    assert len(outlines) == 100 and outlines.target.kind is BOXES
    objects = read(REAL / "instance_segmentation/config.yaml", INSTANCES)
    assert len(objects) == 100
    classes = read(REAL / "instance_segmentation/config.yaml", MASKS)
    assert len(classes.target.names) == 81


@pytest.mark.skipif(not REAL.is_dir(), reason="OPSIN_DATA names no folder with coco128")
def test_boxes_from_outlines_match_the_given_boxes_within_a_pixel():
    """Each outline's box beside the given boxes of the same image and class, one to one.

    The outlines come from other masks than the boxes (panoptic ones, where what is in front cuts off what is behind),
    so that some differ; in the middle they do not.
    """
    given = read(REAL / "object_detection/config.yaml")
    around = read(REAL / "instance_segmentation/config.yaml", BOXES)
    expected = dict(zip(given.rows["id"], given.targets(), strict=True))
    off = []
    for id, boxes in zip(around.rows["id"], around.targets(), strict=True):
        names = [
            [table.target.names[int(box[4])] for box in rows]
            for table, rows in ((around, boxes), (given, expected[id]))
        ]
        far = np.abs(boxes[:, None, :4] - expected[id][None, :, :4]).max(2)
        other = np.array(names[0])[:, None] != np.array(names[1])[None]
        for row, column in zip(*linear_sum_assignment(far + 1e4 * other), strict=True):
            assert not other[row, column]
            off.append(boxes[row, :4] - expected[id][column, :4])
    assert len(off) == 740
    assert np.abs(np.median(off, axis=0)).max() < 0.2
    assert (np.abs(off) <= 1).mean() > 0.94
    assert (np.abs(off).max(1) <= 1).mean() > 0.8
