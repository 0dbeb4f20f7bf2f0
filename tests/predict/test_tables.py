from pathlib import Path

import numpy as np
import polars as pl
import pytest

from opsin.predict.pipeline import FilePrediction
from opsin.predict.tables import BOX_SCHEMA, OBJECT_SCHEMA, TableFile, box_rows, encoded, image_rows, join, object_table
from opsin.tasks import Classify, Detect, Instances, Regress, Segment

DETECT = Detect(("a", "b"))
BOXES = np.array([[1, 2, 3, 4.25, 1, 0.875], [0, 0, 9, 9, 0, 0.01]], np.float32)
BROKEN = FilePrediction(Path("broken.png"), error="is empty")


def test_a_row_an_image_with_its_boxes():
    rows = image_rows(DETECT).make([FilePrediction(Path("a.png"), (9, 9), BOXES), BROKEN]).to_dicts()
    told = [{"label": "b", "confidence": 0.875, "box": [1.0, 2.0, 3.0, 4.2]}]
    assert rows[0] == {"path": "a.png", "count": 1, "count_a": 0, "count_b": 1, "boxes": told, "error": None}
    assert set(rows[1].values()) == {"broken.png", "is empty", None}


def test_a_row_a_box_and_one_where_there_is_none():
    nothing = FilePrediction(Path("empty.png"), (9, 9), BOXES[:0])
    frame = box_rows(DETECT).make([FilePrediction(Path("a.png"), (9, 9), BOXES), nothing, BROKEN])
    assert frame.schema == BOX_SCHEMA
    assert frame.rows() == [
        ("a.png", 1, 2, 3, 4.2, "b", 0.875, None),
        ("empty.png", *[None] * 7),
        ("broken.png", *[None] * 6, "is empty"),
    ]


def test_a_row_an_object():
    answer = np.zeros((4, 6, 2), np.int32)
    answer[1:3, 2:5] = 3 * 256 + 1, 204
    frame = object_table(("a", "b"), [FilePrediction(Path("a.png"), (4, 6), answer), BROKEN])
    assert frame.schema == OBJECT_SCHEMA
    assert frame.rows()[0] == ("a.png", 3, "b", 0.8, 6, 3.5, 2.0, 2, 1, 5, 3, None)
    assert frame.rows()[1] == ("broken.png", *[None] * 10, "is empty")


@pytest.mark.parametrize("task", [Segment(("background", "b")), Instances(("a",))], ids=lambda task: task.name)
def test_masks_of_many_sizes_have_a_row_each(task):
    seen = [FilePrediction(Path(f"{side}"), (side, 5), task.empty(1, (side, 5))[0]) for side in (3, 4)]
    frame = image_rows(task).make([*seen, BROKEN])
    assert frame["path"].to_list() == ["3", "4", "broken.png"]
    assert frame["confidence"].to_list() == [0, 0, None]


def test_numbers_that_are_none_are_null():
    task = Regress(("path", "n"), (0.0, 0.0), (1.0, 1.0))
    frame = image_rows(task).make([FilePrediction(Path("a"), (1, 1), np.array([np.nan, 1.0], np.float32))])
    assert frame.to_dicts() == [{"path": "a", "path_": None, "n": 1.0, "error": None}]


def test_no_images_give_no_rows():
    for rows in (image_rows(Classify(("a", "b"))), image_rows(DETECT), box_rows(DETECT)):
        assert rows.make([]).schema == rows.schema


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_pieces_become_one_table(tmp_path: Path, suffix: str):
    rows = box_rows(DETECT) if suffix == ".csv" else image_rows(DETECT)
    file = TableFile(rows, suffix, tmp_path / "out")
    seen = [FilePrediction(Path("a.png"), (9, 9), BOXES), BROKEN]
    for number in range(2):
        (tmp_path / str(number)).write_bytes(file.write_chunk(seen))
    file.finalize([tmp_path / "0", tmp_path / "1"], tmp_path / "out")
    read = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}[suffix]
    found = read(tmp_path / "out", schema=rows.schema)
    assert found.equals(pl.concat([rows.make(seen)] * 2))


def test_joined_files_follow_each_other(tmp_path: Path):
    (tmp_path / "a").write_bytes(encoded(pl.DataFrame({"x": [1]}), ".csv"))
    join([tmp_path / "a", tmp_path / "a"], tmp_path / "out")
    assert (tmp_path / "out").read_text() == "1\n1\n"
