import os

import numpy as np
import pytest

from opsin.core import DataError
from opsin.data import ArrayImages, FileImages


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "data" / "ä b").mkdir(parents=True)
    (tmp_path / "data" / "ä b" / "1.png").write_bytes(b"one")
    return tmp_path / "data"


def test_reads_below_the_folder(folder):
    images = FileImages(folder)
    assert images.read("ä b/1.png") == b"one"
    assert images.path("ä b/1.png").samefile(folder / "ä b" / "1.png")


@pytest.mark.parametrize(
    "id", ["../secret.png", "ä b/../../secret.png", "/etc/hostname", "", "..", "ä b/..", "//etc/hostname"]
)
def test_files_outside_the_folder_are_refused(folder, id):
    with pytest.raises(DataError, match=r"outside|cannot be read"):
        FileImages(folder).read(id)
    with pytest.raises(DataError, match="outside"):
        FileImages(folder).stamp(id)


def test_links_out_of_the_folder_are_refused_and_links_within_are_not(folder):
    (folder / "out.png").symlink_to(folder.parent / "secret.png")
    (folder / "in.png").symlink_to(folder / "ä b" / "1.png")
    (folder / "up").symlink_to(folder.parent)
    images = FileImages(folder)
    assert images.read("in.png") == b"one"
    for id in ("out.png", "up/secret.png"):
        with pytest.raises(DataError, match="lies outside"):
            images.read(id)


def test_missing_and_unreadable_files_are_one_line_errors(folder):
    for id in ("nope.png", "ä b"):
        with pytest.raises(DataError, match="cannot be read: ") as error:
            FileImages(folder).read(id)
        assert "\n" not in str(error.value)


def test_the_stamp_changes_with_the_file(folder):
    images = FileImages(folder)
    before = images.stamp("ä b/1.png")
    assert images.stamp("ä b/1.png") == before
    path = folder / "ä b" / "1.png"
    times = path.stat().st_mtime_ns
    path.write_bytes(b"two")  # as long, and made to look as old
    os.utime(path, ns=(times, times))
    assert images.stamp("ä b/1.png") != before


def test_arrays():
    part = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    images = ArrayImages({"train": part, "image": [part[0], part[1, :2]]})
    np.testing.assert_array_equal(images.read("train/1"), part[1])
    assert images.read("image/1").shape == (2, 4)
    assert images.stamp("train/0") == images.stamp("image/0") != images.stamp("train/1")
    for id in ("train/2", "test/0", "train/x", "train"):
        with pytest.raises(DataError, match="not among the arrays train, image"):
            images.read(id)
