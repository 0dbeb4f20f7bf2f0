"""`opsin.check` on data drawn here: each format and each task, what is counted, and the pictures."""

import base64
import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import opsin
from opsin.api.checking import pick_rows
from opsin.core import DataError


def save(path, colour=(90, 90, 90), size=(32, 24)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def pictures_in(page):
    """The twelve pictures of a page, decoded."""
    parts = page.read_text(encoding="utf-8").split('src="data:image/')[1:]
    return [np.array(Image.open(BytesIO(base64.b64decode(part.partition(",")[2].partition('"')[0])))) for part in parts]


@pytest.fixture
def photos(tmp_path):
    for split, count in {"train": 5, "test": 2}.items():
        for name in ("cat", "<b>dog</b>"):
            for number in range(count):
                save(tmp_path / "photos" / split / name.replace("/", "_") / f"{number}.png", (number * 20, 9, 9))
    return tmp_path / "photos"


def test_class_folders_with_splits_are_counted(photos, tmp_path):
    save(photos / "train" / "cat" / "large.png", size=(64, 80))
    (photos / "train" / "cat" / "broken.jpg").write_bytes(b"no image")
    found = opsin.check(photos, out=tmp_path / "p.html")
    assert (found.format, found.task, found.images) == ("class folders", "classify", 16)
    assert found.classes == {"<b>dog<_b>": 7, "cat": 9} and found.splits == {"train": 12, "test": 4}
    assert found.counts.counts["cat"] == {"train": 7, "test": 2} and found.counts.groups == found.counts.counts
    assert found.facts.sizes == "32x24 to 64x80 pixels (median 32x24), colour"
    notes = "\n".join(found.notes)
    assert "1 of 16 images cannot be read" in notes and "train/cat/broken.jpg is not an image" in notes
    assert json.loads(json.dumps(found.to_json())).keys() >= {"format", "task", "images", "classes", "splits", "notes"}
    assert len(pictures_in(found.page)) in (11, 12)
    assert "<b>dog" not in found.page.read_text(encoding="utf-8")


def test_pages_are_numbered_and_named_after_the_data(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [str(opsin.check("photos").page) for _ in range(2)]
    assert names == ["runs/check/photos-1.html", "runs/check/photos-2.html"]


def test_data_that_cannot_be_trained_on_are_shown_with_the_reason(tmp_path):
    rows = np.full((12, 8, 8), 3, np.uint8), [f"image {number}" for number in range(12)]
    found = opsin.check(rows, out=tmp_path / "p.html")
    assert found.images == 12 and "opsin train refuses these data: " in found.notes[-1]
    assert "a class of its own" in found.notes[-1]


def test_boxes_are_drawn_where_they_are_in_the_colour_of_their_class(tmp_path):
    lines = ["path,xmin,ymin,xmax,ymax,label"]
    for number in range(4):
        save(tmp_path / f"{number}.png", (0, 0, 0), (400, 300))
        lines += [f"{number}.png,100,60,200,160,cat", f"{number}.png,220,200,300,280,dog"]
    (tmp_path / "boxes.csv").write_text("\n".join(lines))
    found = opsin.check(tmp_path, out=tmp_path / "p.html")
    assert (found.format, found.task) == ("CSV of boxes", "detect")
    assert found.classes == {"cat": 4, "dog": 4} and found.counts.count_word == "box"
    for drawn in pictures_in(found.page):
        assert drawn.shape == (300, 400, 3)
        for x, y, colour in ((100, 110, (230, 159, 0)), (220, 240, (86, 180, 233))):
            assert np.abs(drawn[y, x - 2 : x + 3].astype(int) - colour).sum(1).min() < 60
        assert drawn[110, 150].sum() < 60  # inside of a box the image shows


@pytest.mark.parametrize("task", ["segment", "instances"])
def test_masks_are_coloured_and_their_classes_counted(task, tmp_path):
    for number in range(5):
        save(tmp_path / "images" / f"{number}.png", (10, 10, 10), (240, 240))
        mask = np.zeros((240, 240), np.uint8)
        if number:
            mask[40:120, 60:160] = 1
            mask[150:220, 60:160] = 1 if task == "segment" else 2
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.png")
    found = opsin.check(tmp_path, task=task, out=tmp_path / "p.html")
    assert (found.format, found.task) == ("mask folders", task)
    expected = {"segment": [5, 4], "instances": [8]}[task]
    assert list(found.classes.values()) == expected
    inside = [picture[80, 110].astype(int).sum() > 150 for picture in pictures_in(found.page)]
    outside = [picture[10, 10].astype(int).sum() > 150 for picture in pictures_in(found.page)]
    assert sum(inside) == 4 and not any(outside)


def test_numbers_and_labels_stand_below_their_images(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (30, 9, 9), np.uint8)
    weights = opsin.check((images, np.linspace(1.25, 40.5, 30)), out=tmp_path / "n.html")
    assert weights.task == "regress" and list(weights.classes.values()) == [30]
    assert sum(sum(row.values()) for row in weights.counts.groups.values()) == 30 and len(weights.counts.groups) > 4
    assert "1.25" in weights.page.read_text() and "40.5" in weights.page.read_text()
    labels = np.tile([[1, 0, 1], [0, 1, 0]], (15, 1))
    found = opsin.check((images, labels), task="multilabel", out=tmp_path / "l.html")
    assert list(found.classes.values()) == [15, 15, 15] and len(pictures_in(found.page)) == 12


def test_deep_images_are_shown_on_one_scale(tmp_path):
    images = np.full((4, 16, 16), 4095, np.uint16)
    found = opsin.check((images, ["a", "b"] * 2), out=tmp_path / "p.html")
    assert found.facts.sizes == "16x16 pixels, grey, more than 8 bits"
    assert all((picture == 255).all() for picture in pictures_in(found.page))


def test_an_unknown_task_or_data_is_an_error(photos, tmp_path):
    with pytest.raises(DataError, match="unknown"):
        opsin.check(photos, task="clasify")
    with pytest.raises(DataError, match="does not exist"):
        opsin.check(tmp_path / "missing")


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_picked_from_every_subgroup(seed):
    random = np.random.default_rng(seed)
    of_row = random.integers(0, 9, 200)
    groups = {str(index): np.flatnonzero(of_row == index) for index in range(8)}
    rows = pick_rows(groups, 200, 12)
    assert rows == sorted(set(rows)) and len(rows) == 12
    assert {of_row[row] for row in rows} == set(of_row)
    assert pick_rows(groups, 200, 200) == list(range(200))
    assert pick_rows({}, 3, 12) == [0, 1, 2]


def test_object_folders_are_read_as_instances(tmp_path):
    for name in "abc":
        save(tmp_path / "cells" / name / "images" / f"{name}.png", (10, 10, 10), (60, 60))
        for number in range(2):
            mask = np.zeros((60, 60), np.uint8)
            mask[5 + 30 * number : 25 + 30 * number, 10:40] = 255
            path = tmp_path / "cells" / name / "masks" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(mask).save(path)
    found = opsin.check(tmp_path / "cells", out=tmp_path / "p.html")
    assert (found.format, found.task, found.classes) == ("object folders", "instances", {"object": 6})
    assert "2 objects" in found.page.read_text(encoding="utf-8")


def test_nnunet_is_read_with_its_names(tmp_path):
    for number in range(3):
        save(tmp_path / "imagesTr" / f"case{number}_0000.png", size=(40, 40))
        (tmp_path / "labelsTr").mkdir(exist_ok=True)
        mask = np.zeros((40, 40), np.uint8)
        mask[5:20, 5:20] = 1
        Image.fromarray(mask).save(tmp_path / "labelsTr" / f"case{number}.png")
    described = {
        "channel_names": {"0": "red"}, "labels": {"background": 0, "tumour": 1}, "numTraining": 3, "file_ending": ".png"
    }  # fmt: skip
    (tmp_path / "dataset.json").write_text(json.dumps(described))
    found = opsin.check(tmp_path, out=tmp_path / "p.html")
    assert (found.format, found.task, found.classes) == ("nnU-Net", "segment", {"background": 3, "tumour": 3})


def test_a_mask_of_another_size_is_named_on_the_page(tmp_path):
    for at in range(3):
        for name, size in (("images", (16, 12)), ("masks", (8, 6))):
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
            mask = Image.new("L", size)
            mask.putpixel((2, 2), 255)
            mask.save(tmp_path / "data" / name / f"{at}.png")
    found = opsin.check(tmp_path / "data", out=tmp_path / "page.html")
    assert "has a mask of 8x6 pixels" in found.page.read_text()
