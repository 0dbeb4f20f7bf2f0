"""COCO files as tools write them: every variant must give the boxes and masks of the plain file."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import BOXES, INSTANCES, read
from opsin.geometry.rle import encode_runs, run_lengths

BOX = [10, 20, 40, 35]
CORNERS = [(10, 20), (40, 20), (40, 35), (10, 35)]
FLAT = [float(value) for corner in CORNERS for value in corner]
MASK = np.zeros((60, 80), bool)
MASK[20:35, 10:40] = True


def plain(number=4, names=("cat", "dog")) -> dict:
    """Images 0.png, 1.png, ... of 80x60 pixels with one box each, cats and dogs in turn."""
    return {
        "images": [{"id": 3 + i, "file_name": f"{i}.png", "width": 80, "height": 60} for i in range(number)],
        "annotations": [
            {"id": i, "image_id": 3 + i, "category_id": 1 + i % len(names), "bbox": [10, 20, 30, 15]}
            for i in range(number)
        ],
        "categories": [{"id": 1 + i, "name": name} for i, name in enumerate(names)],
    }


def save(folder: Path, content: dict, images="images", name="set.json", number=4, size=(60, 80)) -> Path:
    for index in range(number):
        path = folder / images / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", size[::-1], index).save(path)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    return folder


def each(content: dict, key: str, change) -> dict:
    """The file with a change made to each entry of a part."""
    content[key] = [change(dict(entry)) for entry in content[key]]
    return content


def put(key, value):
    return lambda entry: {**entry, key: value(entry) if callable(value) else value}


def drop(*keys):
    return lambda entry: {key: value for key, value in entry.items() if key not in keys}


def check(table, number=4) -> None:
    assert table.target.names == ("cat", "dog")
    assert table.rows["id"].to_list() == [f"images/{i}.png" for i in range(number)]
    for index, boxes in enumerate(table.targets()):
        np.testing.assert_allclose(boxes[:, :6], [[*BOX, index % 2, 0]], atol=1e-3)


IMAGES = {
    "ids as text": put("id", lambda e: str(e["id"])),
    "ids as padded text": put("id", lambda e: f"{e['id']:06}"),
    "ids as decimals": put("id", lambda e: float(e["id"])),
    "no sizes": drop("width", "height"),
    "null sizes": put("width", None),
    "sizes as text": lambda e: {**e, "width": "80", "height": "60"},
    "extra fields": put("license", {"a": [None]}),
    "filename": lambda e: {**drop("file_name")(e), "filename": e["file_name"]},
    "path in place of a null name": lambda e: {**e, "file_name": None, "path": f"/data/{e['file_name']}"},
    "address": put("file_name", lambda e: f"https://host/bucket/{e['file_name']}?token=a/b"),
    "another machine": put("file_name", lambda e: f"D:\\data\\images\\{e['file_name']}"),
    "another case": put("file_name", lambda e: e["file_name"].upper()),
    "no ending": put("file_name", lambda e: e["file_name"][:-4]),
}
ANNOTATIONS = {
    "image ids as text": put("image_id", lambda e: str(e["image_id"])),
    "image ids as names": put("image_id", lambda e: f"{e['image_id'] - 3}.png"),
    "image ids as names without ending": put("image_id", lambda e: f"{e['image_id'] - 3}"),
    "category ids as text": put("category_id", lambda e: str(e["category_id"])),
    "category ids as decimals": put("category_id", lambda e: float(e["category_id"])),
    "category names": lambda e: {**drop("category_id")(e), "category": ["cat", "dog"][e["category_id"] - 1]},
    "no ids": drop("id"),
    "one id for all": put("id", 1),
    "null fields": lambda e: {**e, "iscrowd": None, "area": None, "segmentation": None, "id": None},
    "empty segmentation": put("segmentation", []),
    "crowd as text": put("iscrowd", "0"),
    "crowd false": put("iscrowd", False),
    "area as text": put("area", "450"),
    "extra fields": lambda e: {**e, "attributes": {"occluded": False}, "keypoints": [], "score": 0.5},
    "bbox of texts": put("bbox", ["10", "20.0", " 30", "1.5e1"]),
    "bbox as text": put("bbox", "[10, 20, 30, 15]"),
    "bbox as text of numpy": put("bbox", "[10. 20. 30. 15.]"),
    "bbox as array text": put("bbox", "array([10., 20., 30., 15.], dtype=float32)"),
    "bbox of numpy scalars": put("bbox", "[np.float64(10.0), np.float64(20.0), np.float64(30), np.float64(15)]"),
    "bbox without brackets": put("bbox", "10 20 30 15"),
    "nested bbox": put("bbox", [[10, 20, 30, 15]]),
    "bbox by keys": put("bbox", {"x": 10, "y": 20, "width": 30, "height": 15}),
    "bbox by corners": put("bbox", {"xmin": 10, "ymin": 20, "xmax": 40, "ymax": 35}),
    "damaged segmentation beside a bbox": put("segmentation", [[1, 2, 3]]),
}
OUTLINES = {
    "nested": [FLAT],
    "flat": FLAT,
    "texts": [[str(value) for value in FLAT]],
    "points": [[list(corner) for corner in CORNERS]],
    "points, not nested": [list(corner) for corner in CORNERS],
    "points by keys": [{"x": x, "y": y} for x, y in CORNERS],
    "columns": {"all_points_x": [x for x, _ in CORNERS], "all_points_y": [y for _, y in CORNERS]},
    "text": json.dumps([FLAT]),
    "deeper": [[FLAT]],
    "two parts": [[10, 20, 25, 20, 25, 35, 10, 35], [25, 20, 40, 20, 40, 35, 25, 35]],
    "with a stray point": [FLAT, [10, 20]],
    "run lengths": {"size": [60, 80], "counts": run_lengths(MASK)},
    "packed run lengths": encode_runs(MASK),
    "run lengths in a list": [encode_runs(MASK)],
}


@pytest.mark.parametrize("variant", IMAGES)
def test_images(tmp_path, variant):
    check(read(save(tmp_path, each(plain(), "images", IMAGES[variant]))))


@pytest.mark.parametrize("variant", ANNOTATIONS)
def test_annotations(tmp_path, variant):
    check(read(save(tmp_path, each(plain(), "annotations", ANNOTATIONS[variant]))))


def test_names_are_ids(tmp_path):
    content = each(plain(), "images", put("id", lambda e: e["file_name"]))
    check(read(save(tmp_path, each(content, "annotations", put("image_id", lambda e: f"{e['image_id'] - 3}.png")))))


@pytest.mark.parametrize("box", [[10, 20, 30, 15], None, [], [0, 0, 0, 0], "missing"])
@pytest.mark.parametrize("variant", OUTLINES)
def test_outlines(tmp_path, variant, box):
    content = each(plain(), "annotations", put("segmentation", OUTLINES[variant]))
    content = each(content, "annotations", drop("bbox") if box == "missing" else put("bbox", box))
    folder = save(tmp_path, content)
    check(read(folder))
    codes = read(folder, INSTANCES).masks.read("images/0.png")
    assert codes.shape == (60, 80) and ((codes == 256) == MASK).all()


@pytest.mark.parametrize(
    "categories",
    [
        {"1": "cat", "2": "dog"},
        {"cat": 1, "dog": 2},
        ["cat", "dog"],
        [{"name": "cat"}, {"name": "dog"}],
        [{"id": "1", "name": "cat"}, {"id": 2.0, "name": "dog"}],
        [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}, {"id": 1, "name": "cat"}],
        [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog", "supercategory": None, "color": [1, 2, 3]}],
    ],
)
def test_categories(tmp_path, categories):
    check(read(save(tmp_path, plain() | {"categories": categories})))


@pytest.mark.parametrize("categories", [None, [], "missing"])
def test_without_categories_classes_are_named_by_the_annotations(tmp_path, categories):
    content = plain() | {"categories": categories}
    if categories == "missing":
        del content["categories"]
    table = read(save(tmp_path / "ids", content))
    assert table.target.names == ("1", "2") and any("no categories" in note for note in table.notes)
    content = each(content, "annotations", put("category_id", lambda e: ["cat", "dog"][e["category_id"] - 1]))
    check(read(save(tmp_path / "names", content)))


def test_categories_of_one_name_are_one_class(tmp_path):
    content = plain(names=("cat", "dog", "cat"))
    table = read(save(tmp_path, content))
    assert table.target.names == ("cat", "dog")
    assert [boxes[0, 4] for boxes in table.targets()] == [0, 1, 0, 0]
    assert any("same name are one class" in note for note in table.notes)


@pytest.mark.parametrize("first", [0, 1])
def test_images_without_ids_are_counted_as_the_annotations_do(tmp_path, first):
    content = each(plain(), "images", drop("id"))
    check(read(save(tmp_path, each(content, "annotations", put("image_id", lambda e: e["image_id"] - 3 + first)))))


def test_images_without_names_have_the_name_of_their_id(tmp_path):
    content = each(plain(), "images", drop("file_name"))
    save(tmp_path, content, number=0)
    for id in range(3, 7):
        Image.new("L", (80, 60)).save(tmp_path / f"{id:012}.png")
    assert [len(boxes) for boxes in read(tmp_path).targets()] == [1] * 4


@pytest.mark.parametrize("same_id", [False, True])
def test_an_image_that_is_listed_for_each_annotator_has_all_boxes(tmp_path, same_id):
    content = plain()
    added = 0 if same_id else 100
    content["images"] += [{**one, "id": one["id"] + added} for one in content["images"]]
    content["annotations"] += [
        {**one, "image_id": one["image_id"] + added, "bbox": [50, 5, 20, 10]} for one in content["annotations"][:4]
    ]
    table = read(save(tmp_path, content))
    assert [boxes[:, :4].tolist() for boxes in table.targets()] == [[BOX, [50, 5, 70, 15]]] * 4
    assert same_id or any("4 images listed more than once, boxes of all entries used" in n for n in table.notes)


def test_one_id_of_two_files_is_left_out(tmp_path):
    content = plain()
    content["images"][1]["id"] = 3
    table = read(save(tmp_path, content))
    assert table.rows["id"].to_list() == ["images/2.png", "images/3.png"]
    assert any("1 image id of set.json used for several files, left out: 3" in note for note in table.notes)


@pytest.mark.parametrize("crowd", [1, True, "1", 1.0])
@pytest.mark.parametrize("kind", [BOXES, INSTANCES])
def test_only_crowds_are_an_error_that_says_so(tmp_path, crowd, kind):
    content = each(plain(), "annotations", lambda e: {**e, "iscrowd": crowd, "segmentation": encode_runs(MASK)})
    with pytest.raises(DataError, match=r"every object \(4 of 4\) is a crowd"):
        read(save(tmp_path, content), kind)
    content["annotations"][0]["iscrowd"] = 0
    assert len(read(save(tmp_path, content), kind)) == 4


@pytest.mark.parametrize("polygons", [None, "relative", "pixels"])
@pytest.mark.parametrize("boxes", ["relative", "pixels"])
def test_coordinates_from_0_to_1(tmp_path, boxes, polygons):
    scale = np.array([80, 60] * 4)
    outline = {"relative": (np.array(FLAT) / scale).tolist(), "pixels": FLAT}
    box = {"relative": [0.125, 1 / 3, 0.375, 0.25], "pixels": [10, 20, 30, 15]}[boxes]
    content = each(plain(), "annotations", put("bbox", box))
    if polygons:
        content = each(content, "annotations", put("segmentation", lambda e: [outline[polygons]]))
    folder = save(tmp_path, content)
    table = read(folder)
    check(table)
    assert any("from 0 to 1" in note for note in table.notes) == ("relative" in (boxes, polygons))
    if polygons:
        assert ((read(folder, INSTANCES).masks.read("images/0.png") == 256) == MASK).all()


SPLITS = {
    "files": ("train.json", "val.json"),
    "folders": ("train/_annotations.coco.json", "val/_annotations.coco.json"),
    "parts": ("annotations/train_1.json", "annotations/train_2.json", "annotations/val.json"),
    "batches": ("batch_1.json", "batch_2.json", "batch_10.json"),
    "sites": ("north.json", "south.json", "west.json"),
    "jobs": ("job_1/annotations.json", "job_2/annotations.json"),
}


@pytest.mark.parametrize("layout", SPLITS)
def test_several_files_are_joined_by_names_of_categories(tmp_path, layout):
    names = [("cat", "dog"), ("dog", "cat"), ("cat", "dog")]
    for turn, path in enumerate(SPLITS[layout]):
        content = each(plain(names=names[turn]), "images", put("file_name", lambda e, t=turn: f"{t}_{e['id'] - 3}.png"))
        save(tmp_path, content, number=0, name=path)
        for index in range(4):
            (tmp_path / "images").mkdir(exist_ok=True)
            Image.new("L", (80, 60), index).save(tmp_path / f"images/{turn}_{index}.png")
    table = read(tmp_path)
    assert table.target.names == ("cat", "dog") and len(table) == 4 * len(SPLITS[layout])
    labels = {id: boxes[0, 4] for id, boxes in zip(table.rows["id"], table.targets(), strict=True)}
    assert [labels[f"images/0_{i}.png"] for i in range(4)] == [0, 1, 0, 1]
    assert [labels[f"images/1_{i}.png"] for i in range(4)] == [1, 0, 1, 0]
    splits = set(table.rows["split"])
    assert splits == ({"train", "valid"} if "train" in SPLITS[layout][0] else {None})


def test_an_image_in_two_splits_stays_in_the_first(tmp_path):
    for name in ("train.json", "val.json"):
        save(tmp_path, plain(), name=name)
    table = read(tmp_path)
    check(table)
    assert set(table.rows["split"]) == {"train"}
    assert any("4 images listed in several splits, used in the first" in note for note in table.notes)


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("stem", ["é", "Ångström ü", "가나다", "ẛ̣", "ポケモン"])
def test_unicode_forms(tmp_path, stem, forms):
    on_disk, in_file = (unicodedata.normalize(form, stem) for form in forms)
    content = each(plain(), "images", put("file_name", lambda e: f"{in_file}{e['id'] - 3}.png"))
    save(tmp_path, content, number=0)
    (tmp_path / "images").mkdir()
    for index in range(4):
        Image.new("L", (80, 60)).save(tmp_path / f"images/{on_disk}{index}.png")
    assert [len(boxes) for boxes in read(tmp_path).targets()] == [1] * 4


def test_a_file_in_utf_16_is_read(tmp_path):
    save(tmp_path, plain())
    path = tmp_path / "set.json"
    path.write_bytes(path.read_text().encode("utf-16"))
    check(read(tmp_path))
