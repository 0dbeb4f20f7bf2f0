import io
import zipfile

import numpy as np
import pytest

from opsin.core import DataError
from opsin.data import read
from opsin.data.formats.labels import npz

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (8, 5, 5), np.uint8)
LABELS = np.arange(8)[:, None] % 2


def saved(tmp_path, **arrays):
    np.savez_compressed(tmp_path / "set.npz", **arrays)
    return tmp_path / "set.npz"


def test_medmnist(tmp_path):
    path = saved(
        tmp_path, train_images=IMAGES, train_labels=LABELS, val_images=IMAGES[:4], val_labels=LABELS[:4],
        test_images=IMAGES[:2], test_labels=LABELS[:2],
    )  # fmt: skip
    table = read(path)
    assert table.target.names == ("0", "1") and table.origin == str(path)
    assert [len(table.split(split)) for split in ("train", "valid", "test")] == [8, 4, 2]
    assert table.rows["id"][9] == "valid/1"
    np.testing.assert_array_equal(table.images.read("valid/1"), IMAGES[1])


def test_several_labels_and_keras_names(tmp_path):
    labels = RNG.integers(0, 2, (8, 3))
    labels[0] = 1
    table = read(saved(tmp_path, train_images=IMAGES, train_labels=labels))
    assert table.target.kind.word == "labels" and table.targets().tolist() == labels.tolist()
    table = read(saved(tmp_path, x_train=IMAGES, y_train=LABELS[:, 0], x_test=IMAGES, y_test=LABELS[:, 0]))
    assert dict(table.rows["split"].value_counts().rows()) == {"train": 8, "test": 8}
    assert len(read(saved(tmp_path, images=IMAGES, labels=LABELS, other=np.zeros(3)))) == 8


def test_in_a_folder(tmp_path):
    saved(tmp_path, images=IMAGES, labels=LABELS)
    assert len(read(tmp_path)) == 8


def member(content: bytes, tmp_path, size=None):
    with zipfile.ZipFile(tmp_path / "set.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("images.npy", content)
        file.writestr("labels.npy", content)
    return tmp_path / "set.npz"


def declaring(shape, dtype="|u1"):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def test_hostile_files_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"declares \(1000000, 1000000\) uint8 but has"):
        read(member(declaring((10**6, 10**6)), tmp_path))
    with pytest.raises(DataError, match="holds Python objects"):
        read(saved(tmp_path, images=np.array([{}, {}], dtype=object), labels=LABELS[:2]))
    with pytest.raises(DataError, match=r"cannot be read as an .npz file"):
        read(member(b"\x93NUMPY\x01\x00 ", tmp_path))
    monkeypatch.setattr(npz, "MAX_BYTES", 100)
    with pytest.raises(DataError, match=r"unpacks to .* Expected at most 100"):
        read(saved(tmp_path, images=IMAGES, labels=LABELS))


@pytest.mark.parametrize("content", [b"", b"PK", b"text, not a zip file"])
def test_files_that_are_not_npz(tmp_path, content):
    (tmp_path / "set.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read as an .npz file"):
        read(tmp_path / "set.npz")


def test_truncated_files(tmp_path):
    path = saved(tmp_path, images=IMAGES, labels=LABELS)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError):
            read(path)
    damaged = bytearray(whole)
    damaged[120:160] = bytes(40)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="cannot be read"):
        read(path)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": IMAGES, "b": LABELS}, "holds the arrays a, b. Expected train_images"),
        ({"images": IMAGES, "labels": LABELS[:5]}, "8 images and targets of shape"),
        ({"images": IMAGES[:, 0], "labels": LABELS}, "have the shape"),
        ({"images": np.zeros((8, 5, 5, 5)), "labels": LABELS}, "have the shape"),
        ({"images": IMAGES, "labels": LABELS * np.nan}, "row 0 has no finite"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path, arrays, words):
    with pytest.raises(DataError, match=words):
        read(saved(tmp_path, **arrays))
