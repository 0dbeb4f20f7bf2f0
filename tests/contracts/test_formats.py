"""The same twelve images, written in each format, read as the same table: a new format is one more function."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import opsin
from opsin import data
from opsin.data import ImagePreprocessing

CLASSES = ("cat", "dog", "owl")
SPLITS = ("train", "valid", "test")


def picture(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (6, 5, 3), np.uint8)


def rows():
    """(number, class, split) of twelve images: in each split each class, in train twice."""
    return [(number, number % 3, SPLITS[(number // 3) % 4 % 3]) for number in range(12)]


def save(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(number)).save(path)


def class_folders(folder: Path, splits: bool):
    for number, label, split in rows():
        name = {"valid": "Validation"}.get(split, split)
        save((folder / name if splits else folder) / CLASSES[label] / f"{number:02} ü.png", number)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


def table_file(folder: Path, splits: bool):
    lines = ["path,label" + (",split" if splits else "")]
    for number, label, split in rows():
        save(folder / "images" / f"{number:02} ü.png", number)
        lines.append(f"images/{number:02} ü.png,{CLASSES[label]}" + (f",{split}" if splits else ""))
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder / "labels.csv"


def table_in_folder(folder: Path, splits: bool):
    return table_file(folder, splits).parent


def metadata(folder: Path, splits: bool):
    lines: dict[Path, list[str]] = {}
    for number, label, split in rows():
        part = folder / split if splits else folder
        save(part / f"{number:02} ü.png", number)
        lines.setdefault(part, ["file_name,label"]).append(f"{number:02} ü.png,{CLASSES[label]}")
    for part, text in lines.items():
        (part / "metadata.csv").write_text("\n".join(text))
    return folder


def parts(splits: bool):
    chosen: dict[str, list[int]] = {}
    for number, _, split in rows():
        chosen.setdefault(split if splits else "image", []).append(number)
    images = {name: np.stack([picture(number) for number in numbers]) for name, numbers in chosen.items()}
    labels = {name: np.array([rows()[number][1] for number in numbers]) for name, numbers in chosen.items()}
    return images, labels


def npz(folder: Path, splits: bool):
    images, labels = parts(splits)
    arrays = {}
    for name in images:
        prefix = "" if name == "image" else {"valid": "val"}.get(name, name) + "_"
        arrays |= {f"{prefix}images": images[name], f"{prefix}labels": labels[name][:, None]}
    folder.mkdir(exist_ok=True)
    np.savez(folder / "set.npz", **arrays)
    return folder / "set.npz"


def arrays(folder: Path, splits: bool):
    images, labels = parts(splits)
    named = {name: [CLASSES[label] for label in labels[name]] for name in labels}
    return {name: (images[name], named[name]) for name in images} if splits else (images["image"], named["image"])


@pytest.mark.parametrize("splits", [False, True], ids=["whole", "split"])
@pytest.mark.parametrize("write", [class_folders, table_file, table_in_folder, metadata, npz, arrays])
def test_reads_as_the_same_table(write, splits, tmp_path):
    table = data.read(write(tmp_path, splits))
    names = ("0", "1", "2") if write is npz else CLASSES
    assert table.target == data.Target(data.CLASSES, names)
    assert table.rows.schema == {"id": pl.Utf8, "target": pl.Int64, "group": pl.Utf8, "split": pl.Utf8}
    store = data.open_store(table, ImagePreprocessing.of_size((6, 5, 3)))
    assert not store.errors
    read = {
        pixels.tobytes(): (int(target), split)
        for pixels, target, split in zip(store.pixels, table.targets(), table.rows["split"], strict=True)
    }
    assert read == {picture(n).tobytes(): (label, split if splits else None) for n, label, split in rows()}
    assert len(table.split("train")) == (6 if splits else 0)
    assert all(table.images.stamp(id) == table.images.stamp(id) for id in table.rows["id"])
    looked = data.image_statistics(table)
    assert (looked.height, looked.width, looked.colour, looked.count) == (6, 5, True, 12)


NAMES = {
    class_folders: "class folders", table_file: "CSV table", table_in_folder: "CSV table", metadata: "CSV table",
    npz: "npz", arrays: "arrays",
}  # fmt: skip


@pytest.mark.parametrize("splits", [False, True], ids=["whole", "split"])
@pytest.mark.parametrize("write", NAMES)
def test_check_counts_the_same_and_names_the_format(write, splits, tmp_path):
    found = opsin.check(write(tmp_path / "data", splits), out=tmp_path / "page.html")
    assert (found.format, found.task, found.images) == (NAMES[write], "classify", 12)
    assert list(found.classes.values()) == [4, 4, 4]
    assert found.splits == ({"train": 6, "valid": 3, "test": 3} if splits else {})
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count('src="data:image/png') == 12


@pytest.mark.parametrize("write", [class_folders, table_file, metadata, npz, arrays])
def test_an_image_that_is_not_there_is_a_data_error(write, tmp_path):
    images = data.read(write(tmp_path, False)).images
    for id in ("no/such.png", "../labels.csv", "/etc/hostname", "image/999", ""):
        with pytest.raises(data_error()):
            images.read(id)


def data_error():
    from opsin.core import DataError

    return DataError
