from pathlib import Path

import pytest

from opsin.core import OpsinError
from opsin.predict.annotation_files import CocoFile, YoloFolder
from opsin.predict.folders import MaskFolder, ObjectFolder
from opsin.predict.tables import BOX_SCHEMA, TableFile
from opsin.predict.writers import choose_writer, is_folder
from opsin.tasks import Classify, Detect, Instances, Segment

CLASSIFY, DETECT, SEGMENT, INSTANCES = Classify(("a", "b")), Detect(("a",)), Segment(("a", "b")), Instances(("a",))
IMAGES = [Path("x/1.png"), Path("x/2.png")]


@pytest.mark.parametrize(
    ("task", "name", "kind"),
    [
        (DETECT, "out.json", CocoFile),
        (SEGMENT, "OUT.JSON", CocoFile),
        (INSTANCES, "out.json", CocoFile),
        (DETECT, "out", YoloFolder),
        (DETECT, "out.v2/", YoloFolder),
        (SEGMENT, "out", MaskFolder),
        (INSTANCES, "out/", ObjectFolder),
        (CLASSIFY, "out.csv", TableFile),
        (INSTANCES, "out.csv", TableFile),
        (DETECT, "out.parquet", TableFile),
    ],
)
def test_the_name_says_what_is_written(task, name: str, kind: type):
    assert type(choose_writer(task, IMAGES, name)) is kind


def test_a_csv_of_boxes_has_a_row_a_box():
    by_box, by_image = (choose_writer(DETECT, IMAGES, name) for name in ("out.csv", "out.jsonl"))
    assert isinstance(by_box, TableFile) and by_box.rows.schema == BOX_SCHEMA
    assert isinstance(by_image, TableFile) and "count_a" in by_image.rows.schema


@pytest.mark.parametrize("name", ["out.xlsx", "out", ".csv", "out.json"])
def test_unknown_endings_name_the_known_ones(name: str):
    with pytest.raises(OpsinError, match=r"expected a name that ends in \.csv, \.jsonl, \.parquet$"):
        choose_writer(CLASSIFY, IMAGES, name)


def test_places_can_be_written_in_more_ways():
    with pytest.raises(OpsinError, match=r"\.parquet, \.json, or the name of a folder$"):
        choose_writer(DETECT, IMAGES, "out.txt")


def test_a_folder_is_no_file(tmp_path: Path):
    assert is_folder(tmp_path) and not is_folder(tmp_path / "a.csv") and not is_folder(".csv")
    with pytest.raises(OpsinError, match="it is a folder; name a file in it"):
        choose_writer(CLASSIFY, IMAGES, tmp_path)
