"""Images of an annotation file: in its folder or next to it, and never those of another data set without a word."""

import json
from pathlib import Path

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import read

SIZE = (60, 80)


def pictures(folder: Path, extension="jpg", size=SIZE, number=3) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(number):
        Image.new("L", size[::-1]).save(folder / f"frame_{i}.{extension}")


def coco(path: Path, name="frame_{}.jpg", size=SIZE, number=3) -> Path:
    stated = {} if size is None else {"height": size[0], "width": size[1]}
    content = {
        "images": [{"id": i, "file_name": name.format(i)} | stated for i in range(number)],
        "annotations": [{"id": i, "image_id": i, "category_id": 1, "bbox": [1, 2, 3, 4]} for i in range(number)],
        "categories": [{"id": 1, "name": "cat"}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("mine", ["mine/images", "mine/pictures", "mine"])
@pytest.mark.parametrize("theirs", ["other/images", "other", "images", "train"])
def test_with_own_images_nothing_next_door_is_taken(tmp_path, mine, theirs):
    pictures(tmp_path / mine, "png")
    pictures(tmp_path / theirs, "jpg")
    path = coco(tmp_path / "mine/annotations/set.json")
    with pytest.raises(DataError, match=r"3 images with the same name but of another format, not used") as error:
        read(path.parents[1])
    assert "frame_0.png" in str(error.value) and ".jpg, " not in str(error.value).partition("; ")[2].partition("; ")[2]


@pytest.mark.parametrize("theirs", ["other/images", "other", "other/train/images", "photos_of_others"])
@pytest.mark.parametrize("size", [SIZE, None])
def test_without_own_images_another_data_set_is_named_but_not_taken(tmp_path, theirs, size):
    pictures(tmp_path / theirs)
    path = coco(tmp_path / "mine/set.json", size=size)
    with pytest.raises(DataError, match=r"may be of another data set: .*Fix: name the folder that contains both"):
        read(path)


@pytest.mark.parametrize("folder", ["images", "train2017", "JPEGImages", "val/images", ".", "my_images"])
@pytest.mark.parametrize("size", [SIZE, None])
def test_images_next_to_a_folder_of_annotations_are_taken_and_noted(tmp_path, folder, size):
    pictures(tmp_path / folder)
    table = read(coco(tmp_path / "annotations/set.json", size=size))
    assert len(table) == 3
    assert any("next to the folder annotations" in note for note in table.notes)


@pytest.mark.parametrize("name", ["photos/frame_{}.jpg", "/home/me/photos/frame_{}.jpg", "..\\photos\\frame_{}.jpg"])
def test_a_folder_next_door_that_the_file_names_is_taken(tmp_path, name):
    pictures(tmp_path / "photos")
    assert len(read(coco(tmp_path / "mine/set.json", name))) == 3


def test_images_of_other_sizes_next_door_are_not_taken(tmp_path):
    pictures(tmp_path / "images", size=(50, 50))
    with pytest.raises(DataError, match=r"have other sizes than in set\.json, not used"):
        read(coco(tmp_path / "mine/set.json"))


def test_the_stated_size_decides_between_equal_names(tmp_path):
    pictures(tmp_path / "small", size=(30, 40))
    pictures(tmp_path / "large")
    coco(tmp_path / "set.json")
    assert [id.split("/")[0] for id in read(tmp_path).rows["id"]] == ["large"] * 3
    coco(tmp_path / "set.json", size=None)
    with pytest.raises(DataError, match=r"3 names of set\.json fit several images"):
        read(tmp_path)


def test_images_of_another_size_or_shape_are_noted(tmp_path):
    pictures(tmp_path, size=(30, 40))
    coco(tmp_path / "set.json")
    assert any("3 images of another size than annotated, boxes scaled" in note for note in read(tmp_path).notes)
    coco(tmp_path / "set.json", size=(30, 80))
    assert any("3 images of another aspect ratio than annotated" in note for note in read(tmp_path).notes)
