"""What holds for every format of boxes: what is written is read, and written again the same."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from opsin.api import check
from opsin.core import DataError
from opsin.data import BOXES, FileImages, Table, read
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.data.writers.boxes_csv import write_boxes_csv
from opsin.data.writers.coco import write_coco
from opsin.data.writers.voc import write_voc
from opsin.data.writers.yolo import write_yolo

NAMES = ("big cat", "dog", "ñandú")
WRITERS = {
    "coco": lambda folder, names, images: write_coco(folder / "boxes.json", names, images),
    "yolo": write_yolo,
    "voc": write_voc,
    "csv": lambda folder, names, images: write_boxes_csv(folder / "boxes.csv", names, images),
}
FILE = {"coco": "boxes.json", "yolo": "labels/0.txt", "voc": "Annotations/0.xml", "csv": "boxes.csv"}


def marked_of(table: Table) -> list[AnnotatedImage]:
    """The images of a table with their boxes, as writers take them."""
    found = []
    for id, boxes in zip(table.rows["id"], table.targets(), strict=True):
        with Image.open(FileImages(table.images.folder).path(id)) as image:
            found.append(AnnotatedImage(id, image.height, image.width, boxes))
    return found


def save(folder: Path, sizes: list[tuple[int, int]]) -> list[str]:
    (folder / "images").mkdir()
    for place, (height, width) in enumerate(sizes):
        Image.new("L", (width, height), place).save(folder / f"images/{place}.png")
    return [f"images/{place}.png" for place in range(len(sizes))]


def box(height: int, width: int):
    """A box of quarter pixels within an image."""
    sides = [st.tuples(st.integers(0, 4 * side), st.integers(0, 4 * side)) for side in (width, height)]
    return st.tuples(*sides, st.integers(0, 2)).map(
        lambda d: [min(d[0]) / 4, min(d[1]) / 4, max(d[0]) / 4, max(d[1]) / 4, d[2]]
    )


def usable(rows: list[list[float]]) -> np.ndarray:
    """Boxes with an area, each once, as (k, 7) with all classes among them."""
    kept = {tuple(row) for row in rows if row[2] > row[0] and row[3] > row[1]}
    return np.array([[*row, 0, (row[2] - row[0]) * (row[3] - row[1])] for row in sorted(kept)], float).reshape(-1, 7)


def files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


@st.composite
def scenes(draw):
    sizes = draw(st.lists(st.tuples(st.integers(5, 60), st.integers(5, 60)), min_size=2, max_size=4))
    return sizes, [draw(st.lists(box(*size), max_size=5)) for size in sizes]


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenes())
def test_written_and_read_and_written(kind, tmp_path_factory, scene):
    sizes, rows = scene
    rows = [[[1, 1, 3, 4, label] for label in range(3)], *rows[1:]]  # VOC and CSV know classes by their boxes alone
    folder = tmp_path_factory.mktemp("boxes")
    ids = save(folder, sizes)
    first = [AnnotatedImage(id, *size, usable(mine)) for id, size, mine in zip(ids, sizes, rows, strict=True)]
    WRITERS[kind](folder, NAMES, first)
    before = files(folder)
    table = read(folder)
    assert table.target.kind is BOXES and table.target.names == NAMES
    assert table.rows["id"].to_list() == ids
    for one, found in zip(first, table.targets(), strict=True):
        np.testing.assert_allclose(found[:, :5], one.boxes[:, :5], atol=2e-3)
    WRITERS[kind](folder, NAMES, marked_of(table))
    assert files(folder) == before
    for one, again in zip(table.targets(), read(folder).targets(), strict=True):
        np.testing.assert_allclose(again[:, :6], one[:, :6], atol=2e-3)


@pytest.mark.parametrize("kind", WRITERS)
def test_predictions_are_read_as_boxes(kind, tmp_path):
    ids = save(tmp_path, [(20, 30), (20, 30)])
    boxes = np.array([[2, 3, 12, 9, 1, 0, 60.0]])
    WRITERS[kind](tmp_path, NAMES, [AnnotatedImage(id, 20, 30, boxes, np.array([0.7])) for id in ids])
    table = read(tmp_path)
    assert [found[:, :4].round(2).tolist() for found in table.targets()] == [[[2, 3, 12, 9]]] * 2


@pytest.mark.parametrize("kind", WRITERS)
def test_boxes_that_cannot_be_are_counted_and_named(kind, tmp_path):
    ids = save(tmp_path, [(20, 30), (20, 30)])
    odd = np.array(
        [
            [4, 4, 9, 9, 1, 0, 25],
            [4, 4, 9, 9, 1, 0, 25],  # there twice
            [7, 7, 7, 15, 0, 0, 0],  # no area
            [25, 10, 40, 18, 2, 0, 120],  # out of the image
            [32, 2, 36, 8, 0, 0, 24],  # beside it
        ],
        float,
    )
    good = np.array([[1, 1, 3, 4, label, 0, 6] for label in range(3)], float)
    WRITERS[kind](
        tmp_path, NAMES, [AnnotatedImage(id, 20, 30, rows) for id, rows in zip(ids, (odd, good), strict=True)]
    )
    table = read(tmp_path)
    assert table.targets()[0][:, :5].round(2).tolist() == [[4, 4, 9, 9, 1], [25, 10, 30, 18, 2]]
    notes = "\n".join(table.notes)
    assert "1 box without area left out: big cat in images/0.png" in notes
    assert "1 box outside of the image left out: big cat in images/0.png" in notes
    assert "1 box clipped to the image: ñandú in images/0.png" in notes
    assert "1 box duplicated, left out: dog in images/0.png" in notes


FORMAT = {"coco": "COCO", "yolo": "YOLO", "voc": "Pascal VOC", "csv": "CSV of boxes"}


@pytest.mark.parametrize("kind", WRITERS)
def test_check_counts_the_boxes_and_names_the_format(kind, tmp_path):
    ids = save(tmp_path, [(20, 30), (40, 50)])
    boxes = np.array([[1, 1, 9, 9, label, 0, 64] for label in (0, 1, 2)], float)
    WRITERS[kind](tmp_path, NAMES, [AnnotatedImage(id, 20, 30, boxes) for id in ids])
    found = check(tmp_path, out=tmp_path / "page.html")
    assert (found.format, found.task, found.images) == (FORMAT[kind], "detect", 2)
    assert found.classes == dict.fromkeys(NAMES, 2)
    assert found.page.read_text(encoding="utf-8").count('src="data:image/') == 2


@pytest.mark.parametrize("kind", ["coco", "yolo", "voc"])
def test_a_broken_image_is_left_out_and_named(kind, tmp_path):
    ids = save(tmp_path, [(20, 30)] * 4)
    boxes = np.array([[1, 1, 3, 4, label, 0, 6] for label in range(3)], float)
    WRITERS[kind](tmp_path, NAMES, [AnnotatedImage(id, 20, 30, boxes) for id in ids])
    (tmp_path / ids[1]).write_text("no image")
    (tmp_path / "images/2.png").rename(tmp_path / "images/moved.gif")
    table = read(tmp_path)
    assert table.rows["id"].to_list()[0] == ids[0] and ids[1] not in table.rows["id"].to_list()
    assert any("images/1.png is not an image that can be read" in note for note in table.notes)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"<", b"{", b"[" * 100_000, b"path,xmin\n", b"1 2 3"])
def test_damaged_annotations_are_one_clear_line(kind, tmp_path, content):
    ids = save(tmp_path, [(20, 30)] * 2)
    boxes = np.array([[1, 1, 3, 4, label, 0, 6] for label in range(3)], float)
    WRITERS[kind](tmp_path, NAMES, [AnnotatedImage(id, 20, 30, boxes) for id in ids])
    (tmp_path / FILE[kind]).write_bytes(content)
    (tmp_path / FILE[kind].replace("0", "1")).write_bytes(content)
    try:
        table = read(tmp_path)
    except DataError as error:
        assert "\n" not in str(error) and len(str(error)) < 3000
        assert str(tmp_path) in str(error) or FILE[kind] in str(error)
    else:
        assert kind == "yolo" and content in (b"",), table.notes
