"""Tables of people and of well-known data sets, with the layouts and headers that they come with."""

import unicodedata

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import CLASSES, LABELS, NUMBERS, read


def pictures(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(folder / name)


def table(folder, text, name="labels.csv", encoding="utf-8"):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text.encode(encoding))


def letters(header, row, count=8):
    return "\n".join([header, *(row.format(n=n, c="ab"[n % 2], k=n % 2) for n in range(count))]).lstrip("\n")


@pytest.mark.parametrize(
    ("pattern", "images"),
    [
        ("{}/_classes.csv", "{}/{}.jpg"),
        ("{}/labels.csv", "{}/images/{}.jpg"),
        ("{}/images/_classes.csv", "{}/images/{}.jpg"),
        ("{}.csv", "images/{}{}.jpg"),
        ("labels/{}.csv", "images/{}{}.jpg"),
        ("{}_labels.csv", "{}/{}.jpg"),
        ("labels_{}.csv", "pics/{}{}.jpg"),
        ("annotations/{}_set.csv", "{}/{}.jpg"),
    ],
)
def test_a_table_for_each_split(tmp_path, pattern, images):
    for at, split in enumerate(("train", "valid", "test")):
        names = [images.format(split, n) for n in range(4)]
        pictures(tmp_path, names)
        rows = [f"{name.rpartition('/')[2]}, {int(n % 2 == 0)}, {int(n + at > 1)}" for n, name in enumerate(names)]
        table(tmp_path, "\n".join(["filename, cat, dog", *rows]), pattern.format(split))
    found = read(tmp_path)
    assert found.target.kind is LABELS and found.target.names == ("cat", "dog")
    assert dict(found.rows["split"].value_counts().rows()) == {"train": 4, "valid": 4, "test": 4}
    for id, target, split in found.rows.select("id", "target", "split").rows():
        assert split in id and target[0] == (id[-5] in "02")


@pytest.mark.parametrize(
    "header",
    ["image_names,label", "filenames,cats", "Images,Labels", "paths,classes", "ImageName,ClassId",
     "IMAGE_FILES,TARGETS",
     "img_paths,y", "Photo,Breed", "Bilddatei,Art", "file names,kind", "x,y", "File Name,Species Name"],
)  # fmt: skip
def test_headers(tmp_path, header):
    pictures(tmp_path, [f"{n}.png" for n in range(8)])
    table(tmp_path, letters(header, "{n}.png,{c}"))
    found = read(tmp_path)
    assert found.target.names == ("a", "b") and found.rows["id"][3] == "3.png"


@pytest.mark.parametrize(
    "row", ["{n}.png,{c}", "{c};{n}.png", "/my/dir/{n}.png\t{c}", "{n}.png|{c}", '"{n}.png","{c}"']
)
def test_tables_without_a_header(tmp_path, row):
    pictures(tmp_path / "images", [f"{n}.png" for n in range(8)])
    table(tmp_path, letters("", row))
    found = read(tmp_path)
    assert found.target.names == ("a", "b") and found.rows["id"].to_list()[5] == "images/5.png" and len(found) == 8


def test_the_table_of_german_traffic_signs(tmp_path):
    for split, count in (("Train", 8), ("Test", 4)):
        names = [f"{split}/{n % 2}/{n}.png" if split == "Train" else f"{split}/{n}.png" for n in range(count)]
        pictures(tmp_path, names)
        rows = [f"40,41,5,5,35,35,{n % 2},{name}" for n, name in enumerate(names)]
        table(tmp_path, "\n".join(["Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2,ClassId,Path", *rows]), f"{split}.csv")
    pictures(tmp_path, ["Meta/0.png", "Meta/1.png"])
    table(tmp_path, "Path,ClassId,ShapeId,ColorId,SignId\nMeta/0.png,0,1,0,3.29\nMeta/1.png,1,1,0,3.30", "Meta.csv")
    found = read(tmp_path)
    assert found.target.kind is CLASSES and found.target.names == ("0", "1")
    assert dict(found.rows["split"].value_counts().rows()) == {"train": 8, "test": 4}
    assert any("the target is ClassId" in note for note in found.notes)
    assert any("2 images left out, for Train.csv" in note or "Meta/0.png" in note for note in found.notes)


@pytest.mark.parametrize(
    ("header", "row", "target"),
    [
        ("image,width_mm,length_mm,species", "{n}.png,1.{n},2.{n},{c}", "species"),
        ("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age", "{n}.png,{c}|x,0,{n},5{n}", "Finding Labels"),
        ("lesion_id,image_id,dx,dx_type,age,sex", "L{n},{n},{c},histo,5{n},male", "dx"),
        ("age,cell_type,filename", "5{n},{c},{n}.png", "cell_type"),
        ("id,file,score,Category,comment", "{n},{n}.png,0.{n},{c},none", "Category"),
    ],
)
def test_a_label_column_next_to_measured_ones(tmp_path, header, row, target):
    pictures(tmp_path, [f"{n}.png" for n in range(8)])
    table(tmp_path, letters(header, row))
    found = read(tmp_path)
    assert set(found.target.names) >= {"a", "b"} and target not in found.extra
    assert [id[:1] for id in found.rows["id"]] == [str(n) for n in range(8)]


NAMES = [f"Schön café {n}.png" for n in range(8)]


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: unicodedata.normalize("NFC", name),
        lambda name: f"/home/someone/data/{name}",
        lambda name: f"C:\\Users\\me\\{name}",
        lambda name: f"D:/pictures/{unicodedata.normalize('NFD', name)}",
        lambda name: f"file:///mnt/a/{name.replace(' ', '%20').replace('é', '%C3%A9')}",
        lambda name: f"https://example.org/x/{name.replace(' ', '%20')}",
        lambda name: name.removesuffix(".png"),
        lambda name: name.upper(),
        lambda name: name.replace(".png", ".PNG"),
        lambda name: f" {name} ",
        lambda name: f"..\\..\\media\\{name}",
    ],
)
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_names_that_are_spelled_in_another_way(tmp_path, spell, stored):
    pictures(tmp_path / "bilder", [unicodedata.normalize(stored, name) for name in NAMES])
    table(tmp_path, "\n".join(["path,label", *(f'"{spell(name)}",{"ab"[n % 2]}' for n, name in enumerate(NAMES))]))
    found = read(tmp_path)
    assert found.rows["id"].to_list() == [f"bilder/{unicodedata.normalize(stored, name)}" for name in NAMES]
    assert not any("missing" in note or "outside" in note for note in found.notes)


def test_foreign_paths_that_fit_two_images_are_not_guessed(tmp_path):
    pictures(tmp_path, [*(f"{n}.png" for n in range(4)), "more/0.png", "x/1.png"])
    table(tmp_path, "path,label\n" + "\n".join(f"/far/away/{n}.png,{'ab'[n % 2]}" for n in (2, 3, 7)))
    assert read(tmp_path / "labels.csv").rows["id"].to_list() == ["2.png", "3.png", "/far/away/7.png"]
    table(tmp_path, "path,label\n/far/a/2.png,a\n/far/b/2.png,b\n3.png,a")
    assert read(tmp_path / "labels.csv").rows["id"].to_list() == ["/far/a/2.png", "/far/b/2.png", "3.png"]


def test_images_of_another_format_than_in_the_table_are_taken_with_a_note(tmp_path):
    pictures(tmp_path, [f"{n}.png" for n in range(4)])
    table(tmp_path, letters("path,label", "{n}.jpg,{c}", 4))
    found = read(tmp_path)
    assert found.rows["id"].to_list() == [f"{n}.png" for n in range(4)]
    assert any("another format than in the table: 0.png for 0.jpg" in note for note in found.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_of_spreadsheets(tmp_path, encoding, newline):
    pictures(tmp_path, [f"{n}.png" for n in range(8)])
    text = letters("path;label", "{n}.png;th{c}é").replace("\n", newline)
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    table(tmp_path, mark + text, encoding=encoding)
    assert read(tmp_path).target.names == ("thaé", "thbé")


@pytest.mark.parametrize(("encoding", "word"), [("shift_jis", "ねこ"), ("cp1251", "кот"), ("big5", "貓狗")])
def test_other_encodings_are_read_where_only_one_fits(tmp_path, encoding, word):
    pictures(tmp_path, [f"{n}.png" for n in range(8)])
    table(tmp_path, letters("path,label", "{n}.png," + word + "{c}"), encoding=encoding)
    found = read(tmp_path / "labels.csv")
    assert found.target.names == (f"{word}a", f"{word}b")
    assert "not in UTF-8 and was read as" in " ".join(found.notes)


def test_an_encoding_that_may_be_several_is_refused_with_the_mend(tmp_path):
    pictures(tmp_path, [f"{n}.png" for n in range(8)])
    table(tmp_path, letters("path,label", "{n}.png,猫狗{c}"), encoding="gb18030")
    with pytest.raises(DataError, match='Fix: save it from the spreadsheet as "CSV UTF-8"'):
        read(tmp_path / "labels.csv")


def test_the_first_line_of_excel_names_the_separator(tmp_path):
    pictures(tmp_path, [f"{n}.png" for n in range(4)])
    table(tmp_path, "sep=;\r\n" + letters("path;weight", "{n}.png;1,{n}50", 4))
    found = read(tmp_path)
    assert found.target.kind is NUMBERS and found.targets()[:, 0].tolist() == pytest.approx([1.05, 1.15, 1.25, 1.35])


def test_rows_that_repeat_an_image(tmp_path):
    pictures(tmp_path, [f"{n}.png" for n in range(4)])
    text = letters("path,label", "{n}.png,{c}", 4)
    table(tmp_path, text + "\n0.png,a")
    found = read(tmp_path)
    assert len(found) == 4 and any("1 row of labels.csv left out: they repeat" in note for note in found.notes)
    table(tmp_path, text + "\n0.png,b")
    with pytest.raises(DataError, match=r"0\.png are in more than one row, with different targets"):
        read(tmp_path)


def test_images_without_a_row_are_named(tmp_path):
    pictures(tmp_path, [f"{n}.png" for n in range(6)])
    table(tmp_path, letters("path,label", "{n}.png,{c}", 4))
    assert "2 images left out, for labels.csv has no row for them: 4.png, 5.png" in read(tmp_path).notes


def test_two_columns_of_text_are_refused_in_one_line(tmp_path):
    pictures(tmp_path, [f"{n}.png" for n in range(6)])
    table(tmp_path, letters("File,MultiClass,BinaryClass", "{n}.png,class{n},{c}", 6))
    with pytest.raises(DataError, match=r"2 columns of text that can be the target: BinaryClass, MultiClass") as error:
        read(tmp_path)
    assert "Fix: choose with --labels" in str(error.value)
