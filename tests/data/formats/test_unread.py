"""Files that are left out are named with the mend, and so is a class that vanishes with them."""

import os

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import ImagePreprocessing, decode, open_store, read


def save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    for name in ("cats/0.png", "cats/1.png", "dogs/0.png", "dogs/1.png"):
        save(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("ending", "word"),
    [(".HEIC", "HEIC"), (".heif", "HEIC"), (".jxl", "JPEG XL"), (".CR2", "camera raw"), (".nef", "camera raw"),
     (".DNG", "camera raw"), (".svg", "SVG"), (".pdf", "PDF"), (".psd", "Photoshop"), (".mp4", "videos"),
     (".MOV", "videos"), (".exr", "OpenEXR"), (".zip", "archives"), (".npy", "NumPy arrays")],
)  # fmt: skip
def test_other_formats_are_counted_by_kind_and_the_lost_class_is_named(folder, ending, word):
    (folder / "birds").mkdir()
    for n in range(3):
        (folder / "birds" / f"{n}{ending}").write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    found = read(folder)
    assert found.target.names == ("cats", "dogs")
    assert any(
        note.startswith("3 files left out: birds/0") and word in note and "Fix: " in note for note in found.notes
    )
    assert "1 class is lost, for no other image is there: birds" in found.notes


def test_a_class_that_has_other_images_is_not_lost(folder):
    (folder / "cats" / "9.heic").write_bytes(b"x")
    assert not any("lost" in note for note in read(folder).notes)


def test_the_only_other_class_is_lost(tmp_path):
    save(tmp_path / "cats" / "0.png")
    (tmp_path / "dogs").mkdir()
    (tmp_path / "dogs" / "0.heic").write_bytes(b"x")
    with pytest.raises(DataError, match=r"only the class cats.*HEIC"):
        read(tmp_path)


def test_images_without_an_ending_are_named(folder):
    (folder / "birds").mkdir()
    os.rename(folder / "cats" / "1.png", folder / "birds" / "IMG_0001")
    notes = read(folder).notes
    assert any("1 image left out for the ending of the name: birds/IMG_0001. Fix: rename" in note for note in notes)
    assert "1 class is lost, for no other image is there: birds" in notes


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\0\0\0\x18ftypheic\0\0", "HEIC (convert it to JPEG)"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"%PDF-1.4\n", "a PDF"),
        (b"<svg xmlns='x'/>", "SVG"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\0" * 500, "only zeros"),
        (b"\xff\x0a\xfa", "JPEG XL"),
    ],
)
def test_what_a_file_with_the_ending_of_an_image_holds(content, word):
    with pytest.raises(DataError, match="is not an image that can be read") as error:
        decode(content)
    assert word in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "raw", [b"caf\xe9", "猫".encode("gb18030"), "ねこ".encode("shift_jis"), "кот".encode("cp1251"), b"a\xff%E9"]
)
def test_names_that_are_not_utf_8(folder, raw, tmp_path):
    os.rename(folder / "cats" / "0.png", os.fsencode(folder / "cats") + b"/" + raw + b".png")
    os.rename(folder / "dogs", os.path.join(os.fsencode(folder), raw))
    found = read(folder)
    assert len(found) == 4 and len(found.target.names) == 2
    for text in (*found.rows["id"], *found.target.names, *found.notes):
        text.encode()  # can be printed and saved
    assert not open_store(found, ImagePreprocessing.of_size((8, 8, 3))).errors
    found.to_parquet(tmp_path / "rows.parquet")


@pytest.mark.parametrize("code_page", ["cp1252", "gb18030", "cp1251"])
def test_a_table_names_files_that_were_unpacked_in_a_code_page(tmp_path, code_page):
    word = {"cp1252": "café", "gb18030": "猫", "cp1251": "кот"}[code_page]
    for n in range(4):
        save(tmp_path / f"{n}.png")
        os.rename(tmp_path / f"{n}.png", os.path.join(os.fsencode(tmp_path), f"{word}{n}.png".encode(code_page)))
    lines = [f"{word}{n}.png,{'ab'[n % 2]}" for n in range(4)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label", *lines]), encoding="utf-8")
    found = read(tmp_path)
    assert not open_store(found, ImagePreprocessing.of_size((8, 8, 3))).errors and len(found) == 4
