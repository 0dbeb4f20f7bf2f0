"""Labelled pairs: LFW's list and folders."""

import pytest

from opsin.core import DataError
from opsin.faces import all_pairs, read_pairs

LIST = """10\t2
Ada_Lovelace\t1\t2
Grace_Hopper\t1\t3
2
Ada_Lovelace\t1\tGrace_Hopper\t1
..\t1\t2
../../etc\t1\tAda_Lovelace\t1
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("Ada_Lovelace", "Grace_Hopper"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in (1, 2):
            (tmp_path / "images" / name / f"{name}_{number:04}.jpg").touch()
    (tmp_path / "pairs.txt").write_text(LIST)
    return tmp_path


def test_pairs_are_read_as_lfw_writes_them(folder):
    found = read_pairs(folder / "pairs.txt", folder)
    assert [photo.stem for photo in found.photos] == ["Ada_Lovelace_0001", "Ada_Lovelace_0002", "Grace_Hopper_0001"]
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(0, 1), (0, 2)]
    assert found.same.tolist() == [True, False]
    assert found.missing == 3  # a file that is not there, and names that leave the folder


def test_spaces_separate_where_there_are_no_tabs(folder):
    (folder / "pairs.txt").write_text("Ada_Lovelace 1 Grace_Hopper 2\n")
    assert read_pairs(folder / "pairs.txt", folder / "images").same.tolist() == [False]


@pytest.mark.parametrize("content", [b"", b"Nobody\t1\t2\n", b"\xff\xfe\x00"])
def test_a_list_without_photos_is_one_error(content, folder):
    (folder / "pairs.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"pairs\.txt"):
        read_pairs(folder / "pairs.txt", folder)


def test_all_pairs_of_folders(folder):
    photos = sorted((folder / "images").rglob("*.jpg"))
    found = all_pairs(photos)
    assert len(found.first) == 6
    assert found.same.sum() == 2
    with pytest.raises(DataError, match="too many"):
        all_pairs(photos * 2000)
