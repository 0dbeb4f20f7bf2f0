"""Labels of other tools: the error names the tool and what to do."""

import json

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import read

VIA = {"filename": "0.jpg", "regions": [{"shape_attributes": {"name": "rect"}, "region_attributes": {"class": "cat"}}]}
LABEL_STUDIO = [{"id": 1, "data": {"image": "0.jpg"}, "annotations": [{"result": [{"type": "rectanglelabels"}]}]}]
CVAT = "<?xml version='1.0'?><annotations><image id='0' name='0.jpg'><box label='cat'/></image></annotations>"
CAPTIONS = {"images": [{"id": 0, "file_name": "0.jpg"}], "annotations": [{"image_id": 0, "caption": "a cat"}]}
OBJECTS = {"file_name": "0.jpg", "objects": {"bbox": [[1, 2, 3, 4]], "categories": [0]}}
DOTA = "imagesource:x\ngsd:0.1\n5.0 5.0 30.0 5.0 30.0 20.0 5.0 20.0 plane 0\n"
KITTI = "Car 0.00 0 -1.58 5.0 6.0 25.0 21.0 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59\n"


def _images(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 9)).save(folder / name)


@pytest.mark.parametrize(
    ("file", "text", "tool"),
    [
        ("via_region_data.json", json.dumps({"0.jpg1": VIA}), "VIA"),
        ("via.csv", "filename,file_size,region_shape_attributes,region_attributes\n0.jpg,1,{},{}\n", "VIA"),
        ("project.json", json.dumps(LABEL_STUDIO), "Label Studio"),
        ("annotations.xml", CVAT, "CVAT"),
        ("captions.json", json.dumps(CAPTIONS), "captions"),
        ("metadata.jsonl", json.dumps(OBJECTS), "Hugging Face"),
        ("labelTxt/0.txt", DOTA, "DOTA"),
        ("label_2/0.txt", KITTI, "KITTI"),
        ("labels/0.txt", "0 20 20 10 10\n", "pixels"),
        ("train.txt", "0.jpg 1\n1.jpg 0\n", "path and label"),
    ],
)
def test_the_tool_and_the_fix_are_named(tmp_path, file, text, tool):
    _images(tmp_path / "images", ("0.jpg", "1.jpg"))
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    with pytest.raises(DataError, match=r"fits no format: .*Fix: ") as error:
        read(tmp_path)
    assert tool in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "names",
    [("cat.0.jpg", "cat.1.jpg", "dog.0.jpg", "dog.1.jpg"), ("old_dog_1.png", "old_dog_2.png", "ox_7.png", "ox_8.png")],
)  # fmt: skip
def test_classes_in_names_are_suggested(tmp_path, names):
    _images(tmp_path / "images", names)
    with pytest.raises(DataError, match="classes may be in the names"):
        read(tmp_path)


@pytest.mark.parametrize(("file", "text"), [("labels/0.txt", "0 0.5 0.5 1 1\n"), ("train.txt", "0.jpg\n1.jpg\n")])
def test_labels_of_yolo_are_not_foreign(tmp_path, file, text):
    _images(tmp_path / "images", ("5.jpg", "6.jpg"))
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    with pytest.raises(DataError) as error:
        read(tmp_path)
    assert "which are not read" not in str(error.value)


@pytest.mark.parametrize("names", [("IMG_1.jpg", "IMG_2.jpg"), ("anna.jpg", "bob.jpg"), ("a1.jpg", "a2.jpg", "b1.jpg")])
def test_other_names_are_not(tmp_path, names):
    _images(tmp_path, names)
    with pytest.raises(DataError) as error:
        read(tmp_path)
    assert "in the names" not in str(error.value)


def test_lines_of_json_are_a_table(tmp_path):
    for split in ("train", "validation"):
        _images(tmp_path / split, [f"{at}.png" for at in range(4)])
        records = [{"file_name": f"{at}.png", "label": "ab"[at % 2], "age": at} for at in range(4)]
        (tmp_path / split / "metadata.jsonl").write_text("\n".join(map(json.dumps, records)))
    table = read(tmp_path)
    assert table.split_counts() == {"train": 4, "valid": 4}
    assert (table.target.names, table.extra) == (("a", "b"), ("age",))


def test_lists_in_lines_of_json_are_labels(tmp_path):
    _images(tmp_path, [f"{at}.png" for at in range(4)])
    records = [{"file_name": f"{at}.png", "tags": ["x", "y"][: at % 3]} for at in range(4)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, records)))
    table = read(tmp_path)
    assert (table.target.names, table.targets().tolist()) == (("x", "y"), [[0, 0], [1, 0], [1, 1], [0, 0]])


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_damaged_lines_are_named(tmp_path, text):
    _images(tmp_path, ["0.png"])
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(DataError, match="line 1 is no JSON object"):
        read(tmp_path / "t.jsonl")


def test_images_without_an_ending_are_counted(tmp_path):
    _images(tmp_path, ["a/0.png", "a/1.png"])
    for at in range(2):
        (tmp_path / f"a/{at}.png").rename(tmp_path / f"a/{at}")
    with pytest.raises(DataError, match="2 images without an ending"):
        read(tmp_path)


def test_a_folder_above_is_suggested_only_if_it_has_these_images(tmp_path):
    _images(tmp_path / "mine", ["0.png", "1.png"])
    _images(tmp_path / "other", ["0.png", "1.png"])
    content = {"images": [{"id": 0, "file_name": "0.png"}], "categories": [{"id": 1, "name": "c"}],
               "annotations": [{"id": 0, "image_id": 0, "category_id": 1, "bbox": [1, 1, 5, 5]}]}  # fmt: skip
    (tmp_path / "other/a.json").write_text(json.dumps(content))
    with pytest.raises(DataError) as error:
        read(tmp_path / "mine")
    assert "did you mean" not in str(error.value)
