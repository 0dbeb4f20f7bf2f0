import numpy as np
import polars as pl
import pytest
from PIL import Image

from opsin import data
from opsin.core import DataError

HEADER = "file,Age,Sex,BinaryClass,MultiClass"


@pytest.fixture
def folder(tmp_path):
    for at in range(6):
        Image.fromarray(np.full((8, 8), at, np.uint8)).save(tmp_path / f"{at}.png")
    lines = [f"{at}.png,{20 + at}.5,{'mf'[at % 2]},{at % 2},class{at % 3}" for at in range(6)]
    (tmp_path / "t.csv").write_text("\n".join([HEADER, *lines]))
    return tmp_path


@pytest.mark.parametrize("where", ["", "t.csv"])
@pytest.mark.parametrize(
    ("labels", "kind", "names"),
    [
        ("MultiClass", "classes", ("class0", "class1", "class2")),
        (["Sex"], "classes", ("f", "m")),
        ("sex", "classes", ("f", "m")),
        ("Age", "numbers", ("Age",)),
        ("Age, BinaryClass", "numbers", ("Age", "BinaryClass")),
    ],
)
def test_the_named_columns_are_the_targets_and_the_others_are_kept(folder, where, labels, kind, names):
    table = data.read(folder / where, labels=labels)
    assert (table.target.kind.word, table.target.names) == (kind, names)
    assert set(names) <= {"Age", "BinaryClass"} or "Age" in table.extra


def test_a_column_with_a_comma_in_its_name(folder):
    (folder / "t.csv").write_text('file,"depth, mm",colour\n' + "\n".join(f"{at}.png,{at}.25,red" for at in range(6)))
    assert data.read(folder, labels="depth, mm").target.names == ("depth, mm",)


def test_one_column_of_yes_and_no_out_of_many(folder):
    lines = [f"{at}.png,{at % 2},{1 - at % 2},,{-1 if at else 1}" for at in range(6)]
    (folder / "t.csv").write_text("\n".join(["Path,Edema,Fracture,Pneumonia,Cough", *lines]))
    assert data.read(folder / "t.csv", "labels", "Edema,Fracture").target.names == ("Edema", "Fracture")


def test_a_table_with_boxes_is_read_by_row_only_without_labels(folder):
    (folder / "t.csv").write_text(
        "file,xmin,ymin,xmax,ymax,label,shop\n" + "\n".join(f"{at}.png,1,1,5,5,a,{'xy'[at % 2]}" for at in range(6))
    )
    assert data.read(folder).target.kind.word == "boxes"
    assert data.read(folder, labels="shop").target.names == ("x", "y")


def test_tables_of_splits_and_a_folder_around_them(folder, tmp_path):
    rows = pl.read_csv(folder / "t.csv")
    (folder / "t.csv").unlink()
    rows.head(4).write_csv(folder / "train.csv")
    rows.tail(2).write_csv(folder / "test.csv")
    table = data.read(folder, labels="Sex")
    assert table.split_counts() == {"train": 4, "test": 2}


@pytest.mark.parametrize(
    ("labels", "said"), [("MultiClas", "Did you mean 'MultiClass'?"), ("weight", "file, Age, Sex, BinaryClass")]
)
def test_a_column_that_is_not_there(folder, labels, said):
    for source in (folder, folder / "t.csv"):
        with pytest.raises(DataError, match=r"t\.csv has no column") as error:
            data.read(source, labels=labels)
        assert said in str(error.value)


def test_data_without_a_table(folder):
    (folder / "t.csv").unlink()
    for source in (folder, (np.zeros((2, 4, 4), np.uint8), [0, 1])):
        with pytest.raises(DataError, match="has no table"):
            data.read(source, labels="Age")


def test_several_text_columns_say_how_to_choose(folder):
    with pytest.raises(DataError, match="--labels"):
        (folder / "t.csv").write_text(
            "file,Binary,Multi\n" + "\n".join(f"{at}.png,b{at % 2},m{at % 3}" for at in range(6))
        )
        data.read(folder)
