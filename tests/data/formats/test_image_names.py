import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.data.formats.image_names import ImageNames, name_forms


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (decomposed("fotos/café 1.jpg"), "café 1.jpg"),
        ("fotos/über.png", decomposed("über.png")),
        (decomposed("가나다.png"), "가나다.png"),
        ("a/my photo.jpg", "my%20photo.jpg"),
        ("a/my%20photo.jpg", "my photo.jpg"),
        ("a/b/1.jpg", "a%2Fb%2F1.jpg"),
        ("images/été.jpg", "https://host/bucket/images/%C3%A9t%C3%A9.jpg?X-Amz-Signature=ab/cd%2F"),
        ("images/1.jpg", "/data/local-files/?d=images/1.jpg"),
        ("images/1.jpg", "/data/local-files/?d=proj%5Cimages%5C1.jpg&x=2"),
        ("IMG_1.JPG", "img_1.jpg"),
        ("x/IMG_1.jpeg", "IMG_1.JPG"),
        ("x/scan.TIFF", "scan.tif"),
        ("x/1.jpg", "1"),
        ("x/IMG_1.JPG", "img_1"),
        ("x/a.b.c.jpg", "a.b.c"),
        ("x/1.jpg", "C:\\Users\\me\\x\\1.jpg"),
        ("images\\1.jpg", "1.jpg"),  # unpacked from an archive of Windows
        ("x/1.jpg", " 1.jpg "),
        ("x/cat (1).jpg", "cat_1_.jpg"),
        ("x/cat photo.jpg", "/data/upload/4/0f8fad5b-cat_photo.jpg"),
        ("x/" + "é.jpg".encode().decode("cp437"), "é.jpg"),
        ("x/猫.jpg", "猫.jpg".encode().decode("cp437")),
    ],
)
def test_names_as_tools_and_systems_spell_them(path, text):
    names = ImageNames([path, "x/other.jpg", "y/2.jpg"])
    assert names.find(text) == path
    assert names.find("z.jpg") is None


def test_the_strictest_form_wins():
    names = ImageNames(["1.jpg", "1.JPG", "1.jpeg", "1.png", "a b.jpg", "a_b.jpg", "é.jpg", decomposed("é.jpg")])
    for path in ("1.jpg", "1.JPG", "1.jpeg", "1.png", "a b.jpg", "a_b.jpg", "é.jpg", decomposed("é.jpg")):
        assert names.find(path) == path
    assert names.find("1.JPEG") is None and names.find("A-B.jpg") is None and names.find("1") is None


def test_another_format_is_another_file():
    names = ImageNames(["a/1.jpg", "a/2.png"])
    assert names.find("1.png") is None and names.same_stem("x/1.PNG") == ["a/1.jpg"]


def test_only_similar_names_are_noted():
    names = ImageNames(["cat photo.jpg", "dog.JPG"])
    assert names.find("dog.jpg") == "dog.JPG" and names.note() == []
    names.find("0f8fad5b-cat_photo.jpg")
    assert names.note() == ["1 image found by a similar name: cat photo.jpg for 0f8fad5b-cat_photo.jpg"]


def test_folders_decide_between_equal_names():
    paths = ["train/a.jpg", "x/train/a.jpg", decomposed("é/a.jpg"), "val/images/a.jpg"]
    names = ImageNames(paths)
    assert names.find("train/a.jpg") == "train/a.jpg"
    assert names.find("/home/me/X/train/a.jpg") == "x/train/a.jpg"
    assert names.find("D:\\é\\a.jpg") == paths[2]
    assert names.find("a.jpg", near="val/labels") == "val/images/a.jpg"
    assert names.find("a.jpg") is None and len(names.candidates("a.jpg")) == 4


@given(st.text(st.characters(exclude_characters="/\\%?", exclude_categories=["Cs"]), min_size=1, max_size=8))
def test_forms_are_equal_for_all_unicode_spellings(stem):
    name = f"{stem}.jpg"
    assert name_forms(decomposed(name))[1] == name_forms(unicodedata.normalize("NFC", name))[1]
    assert ImageNames([f"a/x{name}"]).find(decomposed(f"x{name}")) == f"a/x{name}"
