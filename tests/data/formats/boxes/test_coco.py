import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from opsin.core import DataError
from opsin.data import BOXES, INSTANCES, MASKS, read
from opsin.data.formats.boxes.coco import match_coco
from opsin.data.formats.scan import scan

REAL = os.environ.get("OPSIN_DATA", "")
CATEGORIES = [{"id": 90, "name": "dog"}, {"id": 7, "name": "cat"}]


def picture(path: Path, size=(20, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size[::-1]).save(path)


def image(id=5, name="a.png", **more):
    return {"id": id, "file_name": name, **more}


def note(id=1, image=5, category=7, bbox=(2, 3, 10, 6), **more):
    return {"id": id, "image_id": image, "category_id": category, "bbox": list(bbox), **more}


def write(path: Path, images, annotations, categories=CATEGORIES) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def two(folder: Path, annotations, first=None) -> Path:
    """A set of two images, of which the second has a cat."""
    for name in ("a", "b"):
        picture(folder / f"{name}.png")
    write(folder / "set.json", [first or image(), image(99, "b.png")], [*annotations, note(50, 99)])
    return folder


def test_sparse_ids_become_classes_in_their_order(tmp_path):
    table = read(two(tmp_path, [note(category=90)]))
    assert table.target.names == ("cat", "dog")
    assert table.targets()[0][0].tolist() == [2, 3, 12, 9, 1, 0, 60]
    assert table.rows["split"].to_list() == [None, None]


def test_a_crowd_and_a_given_area_are_kept(tmp_path):
    table = read(two(tmp_path, [note(iscrowd=1, area=33.5)]))
    assert table.targets()[0][0, 5:].tolist() == [1, 33.5]


@pytest.mark.parametrize(
    "places",
    [
        {"train/_annotations.coco.json": "train/{}", "valid/_annotations.coco.json": "valid/{}"},
        {"annotations/instances_train2017.json": "train2017/{}", "annotations/instances_val2017.json": "val2017/{}"},
        {
            "annotations/instances_train2017.json": "images/train2017/{}",
            "annotations/instances_val2017.json": "images/val2017/{}",
        },
        {"train.json": "train/{}", "val.json": "val/{}"},
    ],
)
def test_splits_of_usual_layouts_with_equal_names(tmp_path, places):
    for turn, (path, where) in enumerate(places.items()):
        for name in ("0.png", "1.png"):
            picture(tmp_path / where.format(name), (20 + turn, 30))
        write(tmp_path / path, [image(1, "0.png"), image(2, "1.png")], [note(1, 1), note(2, 2, 90)])
    table = read(tmp_path)
    assert sorted(table.rows["split"].to_list()) == ["train", "train", "valid", "valid"]
    for id, split in zip(table.rows["id"], table.rows["split"], strict=True):
        assert id.split("/")[-2].startswith("train" if split == "train" else "val")
    alone = read(tmp_path / next(iter(places)))  # one file named: its images alone, below it or beside its folder
    assert len(alone) == 2 and alone.rows["split"].to_list() == [None, None]


def test_names_with_folders_of_another_machine(tmp_path):
    folder = two(tmp_path / "x", [note()], image(name="C:\\data\\photos\\a.png"))
    assert read(folder).rows["id"].to_list() == ["a.png", "b.png"]
    assert read(two(tmp_path / "y", [note()], image(name="/home/me/a.png"))).rows["id"].to_list() == ["a.png", "b.png"]


def test_names_outside_of_the_folder_are_not_read(tmp_path):
    picture(tmp_path / "secret.png")
    folder = two(tmp_path / "set", [note()], image(name="../secret.png"))
    picture(folder / "c.png")
    images = [image(name="../secret.png"), image(99, "b.png"), image(100, "c.png")]
    write(folder / "set.json", images, [note(), note(2, 99)])
    table = read(folder)
    assert table.rows["id"].to_list() == ["b.png", "c.png"]
    assert any("1 image of set.json missing: ../secret.png" in line for line in table.notes)


def test_resized_images_have_their_boxes_scaled(tmp_path):
    table = read(two(tmp_path, [note(area=60)], image(width=60, height=40)))
    assert table.targets()[0][0].tolist() == [1, 1.5, 6, 4.5, 0, 0, 15]
    assert any("1 image of another size than annotated, boxes scaled accordingly: a.png" in n for n in table.notes)
    table = read(two(tmp_path, [note()], image(width=20, height=30)))
    assert table.targets()[0][0, :4].tolist() == [2, 3, 12, 9]
    assert any("1 image of another aspect ratio than annotated" in line for line in table.notes)


def test_unused_supercategories_are_not_classes(tmp_path):
    two(tmp_path, [])
    categories = [{"id": 0, "name": "cells", "supercategory": "none"}]
    categories += [{"id": 1, "name": name, "supercategory": "cells"} for name in ("rbc",)]
    write(tmp_path / "set.json", [image(), image(99, "b.png")], [note(1, 5, 1), note(2, 99, 1)], categories)
    assert read(tmp_path).target.names == ("rbc",)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (note(bbox=(1, 2, 3)), "number 1 has the bbox"),
        (note(bbox=(1, 2, 3, float("nan"))), "number 1 has the bbox"),
        (note(bbox=("one", 2, 3, 4)), "Expected x, y, width and height"),
        ({**note(), "bbox": None}, "has neither a bbox nor a segmentation"),
        ({**note(), "bbox": "1, 2, nan, 4"}, "has the bbox 1, 2, nan, 4"),
        (note(category=8), "is of the category 8, which is not listed"),
        (note(image=6), "is of the image 6, which is not listed"),
        ({**note(), "category_id": None}, "category None"),
        ({**note(), "image_id": [5]}, r"image \[5\]"),
        ("text", "is text. Expected bbox and category_id"),
        ({**note(segmentation=[[1, 2, 3]]), "bbox": None}, "Expected pairs of x and y"),
    ],
)
def test_a_broken_annotation_is_left_out_with_a_note(tmp_path, broken, words):
    table = read(two(tmp_path, [broken]))
    assert [len(boxes) for boxes in table.targets()] == [0, 1]
    (line,) = [line for line in table.notes if line.startswith("1 annotation of set.json left out")]
    assert pytest.importorskip("re").search(words, line)


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"categories": [{"id": [7]}]}, "Expected a unique id and a name"),
        ({"categories": [{"id": 7, "name": "cat"}, {"id": 7, "name": "dog"}]}, "Expected a unique id"),
        ({"images": [{"id": True}]}, "an id and a file_name"),
        ({"images": [{"id": 5}]}, "1 image of set.json missing: 000000000005"),
        ({"annotations": [note(bbox=())]}, "1 annotation of set.json left out"),
        ({"annotations": []}, "no box is left"),
        ({"images": [image(name="z.png")]}, "none of the images can be opened"),
    ],
)
def test_invalid_files_are_one_line_errors(tmp_path, described, words):
    two(tmp_path, [note()])
    told = {**json.loads((tmp_path / "set.json").read_text()), "annotations": [note()], **described}
    (tmp_path / "set.json").write_text(json.dumps(told))
    with pytest.raises(DataError, match=words) as error:
        read(tmp_path)
    assert str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)


def test_other_json_files_are_not_matches(tmp_path):
    for name, content in (("a", "[1, 2]"), ("b", '{"images": 3}'), ("c", "{"), ("d", "")):
        (tmp_path / f"{name}.json").write_text(content)
    matches, reason = match_coco(scan(tmp_path))
    assert not matches and "c.json is not valid JSON" in reason


def outlined(folder: Path) -> Path:
    two(folder, [])
    square = [[4, 5, 14, 5, 14, 15, 4, 15]]
    runs = {"size": [20, 30], "counts": [0, 20, 580]}
    notes = [
        note(1, 5, 7, (4, 5, 10, 10), segmentation=square),
        note(2, 5, 90, (0, 0, 1, 20), segmentation=runs),
        note(3, 99, 7, (4, 5, 10, 10)),
    ]
    write(folder / "set.json", [image(), image(99, "b.png")], notes)
    return folder


def test_masks_of_polygons_and_run_lengths_match_pycocotools(tmp_path):
    folder = outlined(tmp_path)
    coco = COCO(folder / "set.json")
    coco.imgs[5] |= {"height": 20, "width": 30}
    expected = [coco.annToMask(coco.anns[id]) for id in (1, 2)]
    table = read(folder, INSTANCES)
    codes = table.masks.read("a.png")
    assert table.target.names == ("cat", "dog")
    for code, mask in zip((256 + 0, 512 + 1), expected, strict=True):
        np.testing.assert_array_equal(codes == code, mask)
    classes = read(folder, MASKS)
    assert classes.target.names == ("background", "cat", "dog")
    np.testing.assert_array_equal(classes.masks.read("a.png"), expected[0] + 2 * expected[1])
    assert not classes.masks.read("b.png").any()
    assert any("1 object without an outline left out" in line for line in classes.notes)


def test_boxes_are_the_default_and_outlines_are_noted(tmp_path):
    table = read(outlined(tmp_path))
    assert table.target.kind is BOXES and any("set the task to instances or segment" in line for line in table.notes)
    with pytest.raises(DataError, match="for the task detect"):
        read(two(tmp_path / "boxes", [note()]), MASKS)


def test_keypoints_are_a_separate_match(tmp_path):
    two(tmp_path, [note()])
    content = (tmp_path / "set.json").read_text()
    for name in ("instances_train", "instances_val", "person_keypoints_train"):
        (tmp_path / f"{name}.json").write_text(content)
    (tmp_path / "set.json").unlink()
    with pytest.raises(DataError, match="fits 2 formats:"):
        read(tmp_path)
    assert len(read(tmp_path / "person_keypoints_train.json")) == 2
