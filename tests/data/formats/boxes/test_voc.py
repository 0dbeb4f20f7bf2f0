import os
from pathlib import Path

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import read

REAL = Path(os.environ.get("OPSIN_DATA", "nowhere")) / "bccd"
SIZE = "<size><width>30</width><height>20</height></size>"


def thing(name="cat", box=(3, 4, 12, 9), extra=""):
    sides = "".join(
        f"<{side}>{value}</{side}>" for side, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    )
    return f"<object><name>{name}</name>{extra}<bndbox>{sides}</bndbox></object>"


def make(folder: Path, objects: dict[str, str], images="JPEGImages", notes="Annotations", size=SIZE) -> Path:
    for name, text in objects.items():
        for path in (folder / images / f"{name}.png", folder / notes / f"{name}.xml"):
            path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20)).save(folder / images / f"{name}.png")
        annotation = f"<annotation><filename>{name}.png</filename>{size}{text}</annotation>"
        (folder / notes / f"{name}.xml").write_text(annotation)
    return folder


def test_coordinates_are_1_based_and_inclusive(tmp_path):
    table = read(make(tmp_path, {"a": thing() + thing("dog", (1, 1, 30, 20)), "b": ""}))
    assert table.target.names == ("cat", "dog")
    assert table.targets()[0].tolist() == [[2, 3, 12, 9, 0, 0, 60], [0, 0, 30, 20, 1, 0, 600]]
    assert any("1 image without a box: background" in line for line in table.notes)


def test_odd_corners(tmp_path):
    table = read(
        make(tmp_path, {"a": thing(box=(12, 4, 3, 9)) + thing(box=(7, 7, 7, 9)), "b": thing(box=(0, 0, 5, 6))})
    )
    assert table.targets()[0][:, :4].tolist() == [[2, 3, 12, 9]]
    assert table.targets()[1][:, :4].tolist() == [[0, 0, 5, 6]]
    notes = "\n".join(table.notes)
    assert "1 box with swapped corners corrected: cat in JPEGImages/a.png" in notes
    assert "1 box without area left out: cat in JPEGImages/a.png" in notes


def test_difficult_objects_are_crowds(tmp_path):
    table = read(make(tmp_path, {"a": thing(extra="<difficult>1</difficult>"), "b": thing()}))
    assert [boxes[0, 5] for boxes in table.targets()] == [1, 0]
    assert any(line.startswith("1 difficult object") for line in table.notes)


def test_splits_from_image_sets(tmp_path):
    make(tmp_path / "VOC", {name: thing() for name in "abcd"})
    lists = tmp_path / "VOC/ImageSets/Main"
    lists.mkdir(parents=True)
    for name, lines in (
        ("train", "a\nb\n"),
        ("val", "c\n"),
        ("trainval", "a\nb\nc\n"),
        ("test", ""),
        ("cat_train", "d -1"),
    ):
        (lists / f"{name}.txt").write_text(lines)
    assert read(tmp_path).rows["split"].to_list() == ["train", "train", "valid", None]


def test_splits_from_folders_with_equal_file_names(tmp_path):
    for split, box in (("train", (3, 4, 12, 9)), ("test", (1, 1, 2, 2))):
        make(tmp_path, {"a": thing(box=box), "b": thing()}, split, split)
    table = read(tmp_path)
    assert table.rows["split"].to_list() == ["test", "test", "train", "train"]
    assert table.targets()[0][0, :4].tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<annotation><object>", "a.xml is not valid XML"),
        ("<html></html>", "a.xml has <html>. Expected <annotation>"),
        (f"<annotation>{thing(name='')}</annotation>", "object 1 has no name"),
        ("<annotation><object><name>cat</name></object></annotation>", "object 1 has no bndbox"),
        (f"<annotation>{thing(box=(1, 'x', 2, ''))}</annotation>", "the corners 1, x, 2, empty. Expected numbers"),
        (f"<annotation>{thing(box=(1, 2, 'inf', 4))}</annotation>", "the corners 1, 2, inf, 4"),
        ('<!DOCTYPE a [<!ENTITY b "cat">]><annotation></annotation>', "document type or entities"),
        ("<annotation>" + " " * (1 << 20), "is too large"),
    ],
)
def test_a_broken_file_is_left_out_with_its_image(tmp_path, text, words):
    make(tmp_path, {name: thing() for name in "abc"})
    (tmp_path / "Annotations/a.xml").write_text(text)
    table = read(tmp_path)
    assert table.rows["id"].to_list() == ["JPEGImages/b.png", "JPEGImages/c.png"]
    (line,) = [line for line in table.notes if line.startswith("1 annotation file left out with the image")]
    assert words in line
    for name in "bc":
        (tmp_path / f"Annotations/{name}.xml").write_text(text)
    with pytest.raises(DataError, match="fits no format: there is a") as error:
        read(tmp_path)
    assert "\n" not in str(error.value) and words.removeprefix("a.xml ") in str(error.value)


def test_a_wrong_file_name_in_the_xml_is_ignored(tmp_path):
    make(tmp_path, {"a": thing(), "b": thing("dog")})
    path = tmp_path / "Annotations/a.xml"
    path.write_text(path.read_text().replace("a.png", "/home/me/0001.jpg"))
    (tmp_path / "Annotations/z.xml").write_text(path.read_text())
    table = read(tmp_path)
    assert [int(boxes[0, 4]) for boxes in table.targets()] == [0, 1]
    assert any("1 annotation file without an image left out: Annotations/z.xml" in n for n in table.notes)


@pytest.mark.skipif(not REAL.is_dir(), reason="OPSIN_DATA names no folder with bccd")
def test_blood_cells():
    table = read(REAL / "BCCD")
    assert table.rows["split"].value_counts(sort=True).rows() == [("train", 205), ("valid", 87), ("test", 72)]
    assert table.target.names == ("Platelets", "RBC", "WBC")
    assert sum(map(len, table.targets())) == 4886
    (line,) = [line for line in table.notes if "without area" in line]
    assert line.startswith("2 boxes without area left out: RBC in JPEGImages/BloodImage_00338.jpg, RBC in")
    again = read(REAL / "test.csv")  # the same boxes, in a table
    assert len(again) == 364 and sum(map(len, again.targets())) == 4886
