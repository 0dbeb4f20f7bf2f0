from pathlib import Path

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import BOXES, read

HEAD = "path,xmin,ymin,xmax,ymax,label\n"


def make(folder: Path, text: str) -> Path:
    (folder / "images").mkdir(exist_ok=True)
    for name in "abc":
        Image.new("L", (30, 20)).save(folder / f"images/{name}.png")
    (folder / "boxes.csv").write_text(text)
    return folder


def boxes(table) -> dict[str, list[list[float]]]:
    return {id[7:8]: found[:, :5].tolist() for id, found in zip(table.rows["id"], table.targets(), strict=True)}


def test_rows_are_grouped_by_image_and_an_empty_row_is_background(tmp_path):
    text = HEAD + "images/a.png,1,2,3,4,dog\nimages/b.png,,,,,\nimages/a.png,5,6,7.5,8,cat\n"
    table = read(make(tmp_path, text))
    assert table.target.names == ("cat", "dog")
    assert boxes(table) == {"a": [[1, 2, 3, 4, 1], [5, 6, 7.5, 8, 0]], "b": []}
    assert read(tmp_path / "boxes.csv").target.kind is BOXES


@pytest.mark.parametrize(
    "text",
    [
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,30,20,dog,1,2,3,4\nb.png,30,20,dog,1,2,3,4\n",
        "images/a.png,1,2,3,4,dog\nimages/b.png,1,2,3,4,dog\n",
        "image_id;x1;y1;x2;y2;cell_type\na;1;2;3;4;dog\nb;1;2;3;4;dog\n",
        "Image,X_Min,Y_Min,X_Max,Y_Max,Label\n/data/x/a.png,1,2,3,4,dog\nC:\\x\\b.png,1,2,3,4,dog\n",
    ],
)
def test_usual_headers_and_paths(tmp_path, text):
    table = read(make(tmp_path, text))
    assert table.target.names == ("dog",)
    assert boxes(table) == {"a": [[1, 2, 3, 4, 0]], "b": [[1, 2, 3, 4, 0]]}


def test_splits_and_groups(tmp_path):
    text = HEAD.replace("\n", ",split,patient\n")
    text += "images/a.png,1,2,3,4,dog,train,p\nimages/b.png,1,2,3,4,dog,val,q\nimages/c.png,1,2,3,4,dog,,p\n"
    table = read(make(tmp_path, text))
    assert table.rows["split"].to_list() == ["train", "valid", None]
    assert table.rows["group"].to_list() == ["p", "q", "p"]


def test_without_labels_all_are_objects_and_rows_with_an_error_are_left_out(tmp_path):
    text = "path,xmin,ymin,xmax,ymax,error\nimages/a.png,1,2,3,4,\nimages/b.png,1,2,3,4,\nimages/c.png,,,,,is empty\n"
    table = read(make(tmp_path, text))
    assert table.target.names == ("object",) and list(boxes(table)) == ["a", "b"]
    assert any("1 row of boxes.csv with an error left out" in line for line in table.notes)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("images/a.png,1,2,3,,dog", "line 4 has the corners 1, 2, 3, None. Expected four numbers"),
        ("images/a.png,1,2,x,4,dog", "line 4 has the corners 1, 2, x, 4"),
        ("images/a.png,1,2,nan,4,dog", "line 4 has the corners 1, 2, nan, 4"),
        ("images/a.png,1,2,3,4,", "line 4 has a box without a label"),
        (",1,2,3,4,dog", "line 4 has no path"),
    ],
)
def test_invalid_rows_are_one_line_errors_with_the_line(tmp_path, row, words):
    text = HEAD + "images/a.png,1,2,3,4,dog\nimages/b.png,1,2,3,4,dog\n"
    with pytest.raises(DataError, match=words) as error:
        read(make(tmp_path, text + row + "\n"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "z.png,1,2,3,4,dog\n", "none of the images can be opened; 1 image of boxes.csv missing: z.png"),
        (HEAD + "images/a.png,,,,,\nimages/b.png,,,,,\n", "no box is left"),
        (HEAD, "has no rows"),
        (
            HEAD.replace("\n", ",split\n") + "a.png,1,2,3,4,x,one\n",
            "has the split 'one'. Expected train, valid or test",
        ),
        (
            HEAD.replace("\n", ",split\n") + "a.png,1,2,3,4,x,train\na.png,1,2,3,4,x,test\n",
            "has the split 'train' and 'test'. Expected one per image",
        ),
    ],
)
def test_invalid_tables_are_refused(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        read(make(tmp_path, text))


def test_paths_outside_of_the_folder_are_not_read(tmp_path):
    Image.new("L", (30, 20)).save(tmp_path / "secret.png")
    inner = tmp_path / "set"
    inner.mkdir()
    text = HEAD + "../secret.png,1,2,3,4,dog\nimages/a.png,1,2,3,4,dog\nimages/b.png,1,2,3,4,dog\n"
    assert list(boxes(read(make(inner, text)))) == ["a", "b"]
