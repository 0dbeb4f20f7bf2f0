"""Folders that fit no format: the error names the nearest miss and its fix in one sentence."""

import json
import os

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import MASKS, read


def images(folder, count, suffix=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("L", (9, 9)).save(folder / f"{number}{suffix}")


def files(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"content")


def message(folder, kind=None):
    with pytest.raises(DataError) as error:
        read(folder, kind)
    text = str(error.value)
    assert "\n" not in text and len(text) < 420 + len(str(folder)), text
    return text


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".HEIC", "HEIC"), (".cr2", "camera raw"), (".dcm", "DICOM"), (".nii.gz", "NIfTI"), (".mp4", "videos"),
     (".MOV", "videos"), (".zip", "archives"), (".tar.gz", "archives"), (".svs", "whole-slide"), (".npy", "NumPy")],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["flat", "classes"])
def test_files_of_a_kind_that_is_not_read_are_counted_and_named(suffix, name, layout, tmp_path):
    folders = ("",) if layout == "flat" else ("cat/", "dog/")
    files(tmp_path, *(f"{folder}{number}{suffix}" for folder in folders for number in range(3)), "notes.txt")
    total = 3 * len(folders)
    assert f"{total} of {total} files are {name}" in message(tmp_path)


def test_a_few_readable_images_among_others_do_not_hide_them(tmp_path):
    files(tmp_path, *(f"{number}.heic" for number in range(9)))
    images(tmp_path, 2)
    assert "9 of 11 files are HEIC, such as 0.heic. Fix: convert them to JPEG or PNG." in message(tmp_path)


@pytest.mark.parametrize("name", ["photos.zip", "photos.tar.gz", "photos.7z"])
def test_an_archive_is_not_a_data_set(name, tmp_path):
    files(tmp_path, name)
    assert "archives" in message(tmp_path / name) and "unpack" in message(tmp_path / name)


def test_an_empty_folder_and_one_of_left_out_files(tmp_path):
    assert "is empty. Expected images" in message(tmp_path) and "--formats" in message(tmp_path)
    files(tmp_path, ".DS_Store", "__MACOSX/a/._1.png")
    assert "is empty but for files that are left out" in message(tmp_path)


def test_a_file_that_describes_a_data_set_is_named_with_what_is_wrong(tmp_path):
    images(tmp_path, 3)
    (tmp_path / "data.yaml").write_text("names: [cat]\ntrain: images/train\n")
    assert "there is a data.yaml, but " in message(tmp_path)
    (tmp_path / "data.yaml").unlink()
    (tmp_path / "numbers.csv").write_text("name,mean\ncat,1\n")
    assert "there is a numbers.csv, but it has the columns name, mean" in message(tmp_path)
    (tmp_path / "numbers.csv").unlink()
    (tmp_path / "a.xml").write_text("<annotation>")
    assert "there is a a.xml, but it is not valid XML" in message(tmp_path)


def test_coco_of_other_images_is_said_so(tmp_path):
    images(tmp_path, 2)
    entries = [{"id": 1, "file_name": "elsewhere.jpg", "width": 9, "height": 9}]
    boxes = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3]}]
    described = {"images": entries, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}]}
    (tmp_path / "annotations.json").write_text(json.dumps(described))
    assert "annotations.json" in message(tmp_path) and "elsewhere.jpg" in message(tmp_path)


def test_a_data_set_above_or_below_is_suggested(tmp_path):
    for name in ("cat", "dog"):
        images(tmp_path / "project" / "photos" / name, 2)
    images(tmp_path / "project" / "logos", 2)
    images(tmp_path / "project" / "train", 2)
    photos = tmp_path / "project" / "photos"
    text = message(photos / "cat")
    assert f"2 images but no class folders and no labels: did you mean {photos} (class folders)?" in text
    files(photos / "labels", "a.txt")
    assert f"there are no images: did you mean {photos} (class folders)?" in message(photos / "labels")


def test_a_single_class_folder_is_named(tmp_path):
    images(tmp_path / "data" / "red", 6)
    files(tmp_path / "data", "readme.md")
    assert "6 images but only the class red" in message(tmp_path / "data")


def test_another_task_that_fits_is_named(tmp_path):
    for name in ("cat", "dog"):
        images(tmp_path / name, 2)
    assert "it holds class folders, for the task classify" in message(tmp_path, MASKS)


def test_large_neighbours_are_not_searched(tmp_path, monkeypatch):
    for name in ("cat", "dog"):
        images(tmp_path / "photos" / name, 2)
    monkeypatch.setattr("opsin.data.formats.nearest_miss._MOST_ENTRIES", 3)
    assert "did you mean" not in message(tmp_path / "photos" / "cat")


def test_a_misspelt_name_is_corrected(tmp_path, monkeypatch):
    images(tmp_path / "photos", 1)
    monkeypatch.chdir(tmp_path)
    assert "photso does not exist. Fix: check the name: did you mean photos?" in message("photso")
    assert "did you mean" not in message(os.path.join("nowhere", "at", "all"))
