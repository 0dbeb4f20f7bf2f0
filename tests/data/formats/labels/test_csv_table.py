import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import ImagePreprocessing, open_store, read


@pytest.fixture
def folder(tmp_path):
    for number in range(6):
        path = tmp_path / "data" / "images" / f"ü {number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), number).save(path)
    (tmp_path / "secret.png").write_bytes((path).read_bytes())
    return tmp_path / "data"


def written(folder, text, name="labels.csv", encoding="utf-8"):
    (folder / name).write_text(text, encoding=encoding)
    return folder / name


def rows(name="images/ü {}.png", labels="abcabc"):
    return "\n".join(f"{name.format(number)},{label}" for number, label in enumerate(labels))


def test_groups_and_splits(folder):
    lines = [f"images/ü {n}.png;{'ab'[n % 2]};p{n // 2};{['Train', 'val', ''][n % 3]}" for n in range(6)]
    table = read(written(folder, "Image;Class;Patient ID;Set\n" + "\n".join(lines)))
    assert table.rows["group"].to_list() == ["p0", "p0", "p1", "p1", "p2", "p2"]
    assert table.rows["split"].to_list() == ["train", "valid", None, "train", "valid", None]
    assert table.notes == ("3 groups, by Patient ID: their images stay together",)


@pytest.mark.parametrize(
    "name", ["images/ü {}.png", "./images/ü {}.png", "images\\ü {}.png", "ü {}.png", "ü {}", "images/x/../ü {}.png"]
)
def test_paths_with_different_prefixes(folder, name):
    table = read(written(folder, "path,label\n" + rows(name)))
    assert table.rows["id"].to_list() == [f"images/ü {number}.png" for number in range(6)]
    assert open_store(table, ImagePreprocessing.of_size((4, 4, 1))).pixels[:, 0, 0, 0].tolist() == list(range(6))


def test_absolute_paths_within_the_folder(folder):
    table = read(written(folder, "path,label\n" + rows(f"{folder}/images/ü {{}}.png")))
    assert table.rows["id"][0] == "images/ü 0.png"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_byte_order_marks(folder, encoding, separator):
    text = ("path,label\n" + rows()).replace(",", separator)
    assert len(read(written(folder, text, encoding=encoding))) == 6


def test_without_a_header(folder):
    table = read(written(folder, rows()))
    assert table.target.names == ("a", "b", "c") and len(table) == 6


def test_names_of_files_without_their_ending_or_folder_must_be_unique(folder):
    (folder / "other").mkdir()
    Image.new("L", (4, 4)).save(folder / "other" / "ü 0.png")
    table = read(written(folder, "id,label\n" + rows("ü {}")))
    assert table.rows["id"].to_list()[:2] == ["ü 0", "images/ü 1.png"]
    assert "1 file named in labels.csv missing: ü 0" in table.notes
    assert list(open_store(table, ImagePreprocessing.of_size((4, 4, 1))).errors) == [0]


def test_paths_outside_of_the_folder_are_not_read(folder):
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    secret = folder.parent / "secret.png"
    text = "path,label\n" + rows() + f"\n../secret.png,a\n{secret},b\nlink.png,a\nimages/../../secret.png2,b"
    table = read(written(folder, text))
    errors = open_store(table, ImagePreprocessing.of_size((4, 4, 1))).errors
    assert sorted(errors) == [6, 7, 8, 9] and all("lies outside of" in line for line in errors.values())
    assert any(note.startswith("3 paths in labels.csv outside of the folder") for note in table.notes)


def test_a_missing_file_is_noted_and_its_row_kept(folder):
    table = read(written(folder, "path,label\n" + rows() + "\nimages/gone.png,a"))
    assert table.notes == ("1 file named in labels.csv missing: images/gone.png",)
    assert list(open_store(table, ImagePreprocessing.of_size((4, 4, 1))).errors) == [6]


def test_metadata_next_to_images_and_in_folders_of_splits(folder):
    table = read(written(folder / "images", "file_name,label\n" + rows("ü {}.png"), "metadata.csv").parent)
    assert len(table) == 6
    for split in ("train", "test"):
        (folder / "hub" / split).mkdir(parents=True)
        for number in range(2):
            Image.new("L", (4, 4)).save(folder / "hub" / split / f"{number}.png")
        written(folder / "hub" / split, "file_name,label\n0.png,a\n1.png,b", "metadata.csv")
    table = read(folder / "hub")
    assert table.rows["id"].to_list() == ["test/0.png", "test/1.png", "train/0.png", "train/1.png"]
    assert table.rows["split"].to_list() == ["test", "test", "train", "train"]


def test_a_csv_for_each_split_and_one_without_targets(folder):
    written(folder, "path,label\n" + rows(), "train.csv")
    written(folder, "path\nimages/ü 0.png", "test.csv")
    assert read(folder).rows["split"].to_list() == ["train"] * 6
    written(folder, "path,label\nimages/ü 5.png,a", "test.csv")
    with pytest.raises(DataError, match="are in more than one row"):
        read(folder)
    written(folder, "path,label\n" + rows(labels="abcab"), "train.csv")
    assert read(folder).rows["split"].to_list() == ["test"] + ["train"] * 5


def test_splits_from_folders(folder):
    for split in ("train", "val"):
        (folder / split).mkdir()
        for number in range(2):
            Image.new("L", (4, 4)).save(folder / split / f"{number}.png")
    text = "path,label\n" + "\n".join(f"{split}/{n}.png,{'ab'[n]}" for split in ("train", "val") for n in range(2))
    table = read(written(folder, text))
    assert table.rows["split"].to_list() == ["train", "train", "valid", "valid"]
    assert table.notes == ("splits are taken from the folders of the images",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read as a table"),
        ("path,label", "has no rows"),
        ("path,label\nimages/ü 0.png,a,b\n", "more cells than the header"),
        ("name,thing\nx,y\n", "Expected one called path"),
        ("path,split\nx,train\n", "Expected one called label"),
        ("path,label\nimages/ü 0.png,a\n,b", "line 3 has no path"),
        ("path,label\nimages/ü 0.png,a\nimages/ü 1.png,", "line 3 has no label"),
        ("path,label,split\nimages/ü 0.png,a,train\nimages/ü 1.png,b,maybe", "line 3 has the split 'maybe'"),
        ("path,label\nimages/ü 0.png,a\nimages/ü 0.png,b", "images/ü 0.png are in more than one row"),
        ("path,label\nx/1.png,a\nx/2.png,b", "its 2 files are not below"),
        ("path,age\nimages/ü 0.png,1.5\nimages/ü 1.png,nan", "line 3 has no finite age"),
    ],
)
def test_bad_tables_are_one_line_errors(folder, text, words):
    with pytest.raises(DataError, match=words) as error:
        read(written(folder, text))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01path,label\n", b"PK\x03\x04\xff\x00\x00,", bytes(range(256))])
def test_binary_files_are_refused_in_one_line(folder, content):
    (folder / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match="Expected") as error:
        read(folder / "labels.csv")
    assert "\n" not in str(error.value)


def test_columns_that_describe_an_image_are_kept(folder):
    lines = [f"{n},images/ü {n}.png,{'ab'[n % 2]},{20 + n},{' ' if n == 2 else 'S1'}" for n in range(6)]
    table = read(written(folder, "Unnamed: 0,path,label,Age,scanner\n" + "\n".join(lines)))
    assert table.extra == ("Age", "scanner")
    assert table.rows["Age"].to_list() == ["20", "21", "22", "23", "24", "25"]
    assert table.rows["scanner"].to_list() == ["S1", "S1", None, "S1", "S1", "S1"]
    assert table.notes == (
        "2 columns of labels.csv kept: Age, scanner",
        "1 column of labels.csv not used: Unnamed: 0",
    )


def test_columns_of_one_of_several_files_are_kept(folder):
    written(
        folder, "path,label,age\n" + "\n".join(f"images/ü {n}.png,{'ab'[n % 2]},{n}" for n in range(4)), "train.csv"
    )
    written(folder, "path,label\nimages/ü 4.png,a\nimages/ü 5.png,b", "test.csv")
    table = read(folder)
    assert dict(table.rows.select("id", "age").rows())["images/ü 3.png"] == "3"
    assert table.extra == ("age",) and table.rows["age"].null_count() == 2
