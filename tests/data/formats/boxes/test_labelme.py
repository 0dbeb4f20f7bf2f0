"""One .json per image, as LabelMe and Supervisely write them."""

import json

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import BOXES, INSTANCES, MASKS, read

SQUARE = [[10, 20], [40, 20], [40, 35], [10, 35]]


def labelme(image, *shapes):
    parts = [{"label": name, "points": points, "shape_type": kind, "flags": {}} for name, points, kind in shapes]
    return {"version": "5.4.1", "flags": {}, "shapes": parts, "imagePath": image, "imageData": None,
            "imageHeight": 60, "imageWidth": 80}  # fmt: skip


def supervisely(*shapes):
    objects = [
        {"classTitle": name, "geometryType": kind, "points": {"exterior": points, "interior": []}}
        for name, points, kind in shapes
    ]
    return {"description": "", "tags": [], "size": {"height": 60, "width": 80}, "objects": objects}


def make(folder, image, annotation, content, count=4):
    for number in range(count):
        for template in (image, annotation):
            (folder / template.format(number)).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((60, 80, 3), 40 * number, np.uint8)).save(folder / image.format(number))
        text = content(number) if callable(content) else content
        (folder / annotation.format(number)).write_text(text if isinstance(text, str) else json.dumps(text))
    return folder


def corners(table):
    return {tuple(np.round(box[:4]).astype(int).tolist()) for boxes in table.targets() for box in boxes}


@pytest.mark.parametrize(
    ("image", "annotation", "content"),
    [
        ("{}.jpg", "{}.json", labelme("0.jpg", ("cat", SQUARE, "polygon"))),
        ("a/{}.png", "a/{}.json", labelme("x.png", ("cat", [[10, 20], [40, 35]], "rectangle"))),
        ("a/{}.png", "a/{}.json", labelme("x.png", ("cat", [[40, 35], [10, 20]], "rectangle"))),
        ("images/{}.jpg", "labels/{}.json", lambda i: labelme(f"..\\images\\{i}.jpg", ("cat", SQUARE, "polygon"))),
        ("{}.jpg", "json/p{}.json", lambda i: labelme(f"/home/me/{i}.jpg", ("cat", SQUARE, "polygon"))),
        ("ds0/img/{}.jpg", "ds0/ann/{}.jpg.json", supervisely(("cat", SQUARE, "polygon"))),
        ("ds0/img/{}.png", "ds0/ann/{}.png.json", supervisely(("cat", [[10, 20], [40, 35]], "rectangle"))),
    ],
)
def test_layouts(tmp_path, image, annotation, content):
    table = read(make(tmp_path, image, annotation, content))
    assert table.target.kind is BOXES and table.target.names == ("cat",) and len(table) == 4
    assert corners(table) == {(10, 20, 40, 35)} and table.format == "LabelMe"


def test_outlines_are_masks_and_objects(tmp_path):
    make(
        tmp_path, "{}.jpg", "{}.json", labelme("", ("dog", SQUARE, "polygon"), ("cat", [[60, 30], [60, 40]], "circle"))
    )
    masks = read(tmp_path, MASKS)
    found = masks.masks.read("0.jpg")
    assert masks.target.names == ("background", "cat", "dog")
    assert (found == 2).sum() == 450 and abs((found == 1).sum() - np.pi * 100) < 10
    assert len(np.unique(read(tmp_path, INSTANCES).masks.read("0.jpg"))) == 3
    assert any("outlines are available too" in note for note in read(tmp_path).notes)


def test_splits_by_folder(tmp_path):
    content = labelme("", ("cat", SQUARE, "polygon"))
    for split in ("train", "val"):
        make(tmp_path, f"{split}/{{}}.jpg", f"{split}/{{}}.json", content)
    assert set(read(tmp_path).rows["split"]) == {"train", "valid"}


def test_folders_of_labelme_files_are_no_classes(tmp_path):
    for folder in ("monday", "tuesday"):
        make(tmp_path, f"{folder}/{{}}.jpg", f"{folder}/{{}}.json", labelme("", ("cat", SQUARE, "polygon")))
    table = read(tmp_path)
    assert table.target.kind is BOXES and len(table) == 8


def test_what_is_left_out_is_named(tmp_path):
    def content(number):
        if number == 3:
            return '{"shapes": ['
        return labelme("", ("cat", SQUARE, "polygon"), ("cat", [[1, 1]], "point"), ("cat", [[1, 1], [5, 5]], "line"))

    make(tmp_path, "{}.jpg", "{}.json", content)
    Image.new("RGB", (80, 60)).save(tmp_path / "extra.jpg")
    (tmp_path / "lost.json").write_text(json.dumps(labelme("lost.jpg")))
    notes = read(tmp_path).notes
    for part in (
        "1 .json file left out: 3.json",
        "1 .json file without an image left out: lost.json",
        "2 images without a .json left out",
        "3 shapes of the type line left out",
        "3 shapes of the type point left out",
    ):
        assert any(note.startswith(part) for note in notes), (part, notes)


def test_nothing_to_learn_is_a_one_line_error(tmp_path):
    make(tmp_path, "{}.jpg", "{}.json", labelme("", ("cat", [[1, 1]], "point")))
    with pytest.raises(DataError, match=r"no box is left; .*4 shapes of the type point left out") as error:
        read(tmp_path)
    assert "\n" not in str(error.value)
