"""Pascal VOC as tools write it: encodings, stale names, units."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import read

SIZE = (60, 80)


def annotation(filename, box, name="cat", size=SIZE, more="", folder="photos") -> str:
    sides = "".join(f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    height, width = size or (0, 0)
    stated = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>" if size else ""
    return (
        f"<annotation><folder>{folder}</folder><filename>{filename}</filename>{more}{stated}<object><name>{name}</name>"
        f"<difficult>0</difficult><bndbox>{sides}</bndbox></object></annotation>"
    )


def picture(path: Path, size=SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size[::-1]).save(path)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def lefts(table) -> dict[str, float]:
    return {id: float(boxes[0, 0]) for id, boxes in zip(table.rows["id"], table.targets(), strict=True)}


@pytest.mark.parametrize(
    ("declared", "encoding", "name"),
    [
        ("gb2312", "gb2312", "猫"),
        ("GBK", "gbk", "貓"),
        ("gb18030", "gb18030", "㐂"),
        ("gb2312", "gbk", "貓"),  # declared as the smaller of the two
        ("big5", "big5", "貓"),
        ("Shift_JIS", "shift_jis", "ねこ"),
        ("euc-jp", "euc-jp", "ねこ"),
        ("euc-kr", "euc-kr", "고양이"),
        ("ISO-8859-1", "latin-1", "chât"),
        ("windows-1252", "cp1252", "chât € 1"),
        ("windows-1251", "cp1251", "кот"),
        ("koi8-r", "koi8-r", "кот"),
        ("iso-8859-15", "iso-8859-15", "€"),
        ("utf-8", "utf-8", "ñandú"),
        ("utf-8", "utf-8-sig", "ñandú"),
        ("gb2312", "utf-8-sig", "猫"),  # the mark shows the encoding
        ("utf-16", "utf-16", "猫"),
        ("UTF-16", "utf-16-le", "猫"),
        ("utf-16", "utf-16-be", "猫"),
        ("utf-16", "utf-8", "猫"),  # converted, but not its declaration
        (None, "utf-8", "猫"),
        (None, "utf-8-sig", "猫"),
        (None, "utf-16", "猫"),
    ],
)
def test_declared_encodings(tmp_path, declared, encoding, name):
    for index in range(3):
        picture(tmp_path / f"{index}.png")
        head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
        write(tmp_path / f"{index}.xml", (head + annotation(f"{index}.png", (11, 21, 40, 35), name)).encode(encoding))
    table = read(tmp_path)
    assert table.target.names == (name,) and set(lefts(table).values()) == {10}


@pytest.mark.parametrize(
    ("declared", "encoding", "words"),
    [
        ("utf-8", "gbk", "is not in utf-8, the encoding that it declares. Fix: save it as UTF-8"),
        ("ascii", "latin-1", "is not in ascii"),
        ("klingon", "utf-8", "declares the unknown encoding klingon"),
        ("zip", "utf-8", "declares the unknown encoding zip"),
        (None, "latin-1", "is not UTF-8 text. Fix: save it as UTF-8"),
    ],
)
def test_other_encodings_are_one_line(tmp_path, declared, encoding, words):
    for index in range(3):
        picture(tmp_path / f"{index}.png")
        head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
        write(tmp_path / f"{index}.xml", (head + annotation(f"{index}.png", (11, 21, 40, 35), "é")).encode(encoding))
    with pytest.raises(DataError, match=words) as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


def test_entities_are_refused_in_every_encoding(tmp_path):
    picture(tmp_path / "0.png")
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "cat">]>' + annotation("0.png", (1, 1, 9, 9))
    write(tmp_path / "0.xml", text.encode("utf-16"))
    with pytest.raises(DataError, match="document type or entities"):
        read(tmp_path)


@pytest.mark.parametrize(
    "layout", [("", ""), ("images/", "annotations/"), ("train/", "train/"), ("JPEGImages/", "xml/")]
)
@pytest.mark.parametrize(
    "stale",
    [
        lambda i: f"{(i + 1) % 5}.png",  # each names the next image
        lambda i: "0.png",  # copied from the first
        lambda i: f"{i // 2}.png",
        lambda i: f"C:\\old\\{4 - i}.png",
        lambda i: f"frame_{i:04}.jpg",  # renamed since
        lambda i: f"{i}.bmp",  # converted since
        lambda i: f"{(i + 1) % 5}",
    ],
)
def test_the_image_with_the_name_of_the_file_wins_over_a_stale_filename(tmp_path, layout, stale):
    images, notes = layout
    for i in range(5):
        picture(tmp_path / f"{images}{i}.png")
        write(tmp_path / f"{notes}{i}.xml", annotation(stale(i), (11 + 10 * i, 21, 20 + 10 * i, 35)))
    table = read(tmp_path)
    assert lefts(table) == {f"{images}{i}.png": 10 + 10 * i for i in range(5)}
    assert any("with another image in <filename>, the one with the name of the file is used" in n for n in table.notes)


@pytest.mark.parametrize("filename", ["img_{}.png", "/home/me/photos/img_{}.png", "img_{}", "IMG_{}.PNG"])
def test_filename_is_used_where_no_image_has_the_name_of_the_file(tmp_path, filename):
    for i in range(4):
        picture(tmp_path / f"photos/img_{i}.png")
        write(tmp_path / f"xml/{i + 100:04}.xml", annotation(filename.format(i), (11 + 10 * i, 21, 20 + 10 * i, 35)))
    table = read(tmp_path)
    assert lefts(table) == {f"photos/img_{i}.png": 10 + 10 * i for i in range(4)}
    assert not any("filename" in note for note in table.notes)


def test_a_second_file_of_an_image_is_left_out_and_named(tmp_path):
    for i in range(3):
        picture(tmp_path / f"{i}.png")
        for annotator in "ab":
            write(tmp_path / f"{annotator}/{i}_{annotator}.xml", annotation(f"{i}.png", (11, 21, 20, 35)))
    table = read(tmp_path)
    assert lefts(table) == {f"{i}.png": 10 for i in range(3)}
    assert any("3 annotation files of an image that has another, left out: b/0_b.xml (0.png)" in n for n in table.notes)


def test_the_stated_size_decides_when_it_fits_one_image_only(tmp_path):
    for name, size in (("a", (60, 80)), ("b", (33, 44)), ("c", (50, 90))):
        picture(tmp_path / f"{name}.png", size)
    write(tmp_path / "a.xml", annotation("b.png", (2, 2, 9, 9), size=(33, 44)))
    write(tmp_path / "c.xml", annotation("c.png", (3, 3, 9, 9), size=(50, 90)))
    assert lefts(read(tmp_path)) == {"b.png": 1, "c.png": 2}


def test_the_folder_or_size_decides_between_equal_names(tmp_path):
    for folder, size in (("one", (60, 80)), ("two", (33, 44))):
        picture(tmp_path / folder / "a.png", size)
        write(tmp_path / f"xml/{folder}/a.xml", annotation("a.png", (2 + len(folder), 2, 9, 9), size=size, folder="x"))
        write(tmp_path / f"xml/{folder}/b.xml", annotation("a.png", (9, 9, 12, 12), size=size, folder=folder))
    assert set(lefts(read(tmp_path))) == {"one/a.png", "two/a.png"}


@pytest.mark.parametrize("size", [SIZE, None])
def test_corners_from_0_to_1(tmp_path, size):
    for i in range(4):
        picture(tmp_path / f"{i}.png")
        write(tmp_path / f"{i}.xml", annotation(f"{i}.png", (0.125, 0.25, 0.5, 1.0 if i else 0.75), size=size))
    table = read(tmp_path)
    np.testing.assert_allclose(table.targets()[0][:, :4], [[10, 15, 40, 45]], atol=1e-4)
    np.testing.assert_allclose(table.targets()[1][:, :4], [[10, 15, 40, 60]], atol=1e-4)
    assert any("from 0 to 1" in note for note in table.notes)


@pytest.mark.parametrize("line", ["{}", "{}.png", "{} 1", "JPEGImages/{}.png", "{}.PNG", "C:\\x\\{}.png"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_lists_of_splits_in_any_spelling(tmp_path, line, form):
    for name in ("é", "Ü 1", "b.c"):
        picture(tmp_path / f"JPEGImages/{unicodedata.normalize('NFD', name)}.png")
        write(tmp_path / f"Annotations/{name}.xml", annotation(f"{name}.png", (2, 2, 9, 9)))
    lists = {"train": ["é", "b.c"], "val": ["Ü 1"]}
    for split, names in lists.items():
        text = "\n".join(unicodedata.normalize(form, line.format(name)) for name in names)
        write(tmp_path / f"ImageSets/Main/{split}.txt", text)
    table = read(tmp_path)
    splits = dict(zip(table.rows["id"], table.rows["split"], strict=True))
    expected = {name: split for split, names in lists.items() for name in names}
    for name in expected:
        key = f"JPEGImages/{unicodedata.normalize('NFD', name)}.png"
        assert splits[key] == {"train": "train", "val": "valid"}[expected[name]] or (" " in name and line == "{} 1")


def test_small_integers_stay_pixels(tmp_path):
    for i in range(3):
        picture(tmp_path / f"{i}.png")
        write(tmp_path / f"{i}.xml", annotation(f"{i}.png", (0, 0, 1, 1)))
    assert read(tmp_path).targets()[0][0, :4].tolist() == [0, 0, 1, 1]


def test_only_difficult_objects_are_an_error_that_says_so(tmp_path):
    for i in range(3):
        picture(tmp_path / f"{i}.png")
        text = annotation(f"{i}.png", (2, 2, 9, 9)).replace("<difficult>0", "<difficult>1")
        write(tmp_path / f"{i}.xml", text)
    with pytest.raises(DataError, match=r"every object \(3 of 3\) is a crowd or difficult"):
        read(tmp_path)
