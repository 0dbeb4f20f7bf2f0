"""YOLO data sets as tools and people leave them: names in YAML, files of class names, moved lists, kinds of labels."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import BOXES, CLASSES, INSTANCES, read

HEIGHT, WIDTH = 60, 80
BOX = "{} 0.3125 0.458333 0.375 0.25"
CORNERS = [10, 20, 40, 35]
POLYGON = "0.125 0.333333 0.5 0.333333 0.5 0.583333 0.125 0.583333"
YAML = "train: images/train\nval: images/val\nnames: [cat, dog]\n"


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (WIDTH, HEIGHT)).save(path)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def make(folder: Path, line: str = BOX.format(1), yaml: str | None = YAML, number=3) -> Path:
    for split in ("train", "val"):
        for i in range(number):
            picture(folder / f"images/{split}/{split}{i}.jpg")
            write(folder / f"labels/{split}/{split}{i}.txt", f"{line}\n")
    if yaml is not None:
        write(folder / "data.yaml", yaml)
    return folder


def check(table, label=1, number=6) -> None:
    assert len(table) == number
    for boxes in table.targets():
        np.testing.assert_allclose(boxes[:, :5], [[*CORNERS, label]], atol=1e-3)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("[yes, no]", ("yes", "no")),
        ("\n  0: on\n  1: off", ("on", "off")),
        ("\n  - Yes\n  - NO", ("Yes", "NO")),
        ("[true, false]", ("true", "false")),
        ("[1.10, 007]", ("1.10", "007")),
        ("[null, ~]", ("null", "~")),
        ("[2024-01-31, 2024-02-01]", ("2024-01-31", "2024-02-01")),
        ("[12:30:00, 1_000]", ("12:30:00", "1_000")),
        ("[1e3, 0x1F]", ("1e3", "0x1F")),
        ("[.inf, .nan]", (".inf", ".nan")),
        ("\n  0: 5\n  1: 10", ("5", "10")),
        ("{y: 0, n: 1}", ("y", "n")),
        ("['cat', \"dog\"]", ("cat", "dog")),
        ("cat, dog", ("cat", "dog")),
        ("[猫, 'n: o']", ("猫", "n: o")),
        ("\n  0: {name: on}\n", None),
    ],
)
def test_names_in_yaml_are_read_as_written(tmp_path, names, expected):
    make(tmp_path, yaml=f"train: images/train\nval: images/val\ntest:\nnc: 2\nnames: {names}\n")
    if expected is None:
        with pytest.raises(DataError, match="Expected an id and a name"):
            read(tmp_path)
    else:
        table = read(tmp_path)
        assert table.target.names == expected
        check(table)


@pytest.mark.parametrize("value", ["", " null", " ~", " ''", " []"])
def test_an_empty_split_is_no_split(tmp_path, value):
    table = read(make(tmp_path, yaml=f"{YAML}test:{value}\n"))
    check(table)
    assert not any("does not exist" in note for note in table.notes)


CLASS_FILES = {
    "top": ["classes.txt"],
    "each labels folder": ["labels/train/classes.txt", "labels/val/classes.txt"],
    "labels": ["labels/classes.txt"],
    "one labels folder": ["labels/train/classes.txt"],
    "images": ["images/classes.txt"],
    "each images folder": ["images/train/classes.txt", "images/val/classes.txt"],
    "another folder": ["meta/classes.txt"],
    "obj.names": ["obj.names"],
    "data/obj.names": ["data/obj.names"],
    "CLASSES.TXT": ["CLASSES.TXT"],
    "roboflow's darknet": ["labels/train/_darknet.labels", "labels/val/_darknet.labels"],
}


@pytest.mark.parametrize(
    "content", ["cat\ndog\n", "cat\r\ndog\r\n\r\n", "\ufeffcat\ndog", "0 cat\n1 dog\n", "0: cat\n1: dog"]
)
@pytest.mark.parametrize("place", CLASS_FILES)
def test_files_of_class_names_anywhere(tmp_path, place, content):
    make(tmp_path, yaml=None)
    for path in CLASS_FILES[place]:
        write(tmp_path / path, content)
    table = read(tmp_path)
    assert table.target.names == ("cat", "dog")
    check(table)
    assert set(table.rows["split"]) == {"train", "valid"}


@pytest.mark.parametrize("names", ["1 cent\n2 cent\n5 cent", "7 up\ncola", "traffic light: red\ngreen", "a, b\nc"])
def test_names_with_numbers_and_marks_are_kept(tmp_path, names):
    make(tmp_path, yaml=None)
    write(tmp_path / "classes.txt", names)
    assert read(tmp_path).target.names == tuple(names.split("\n"))


ORDERS = {"a": ("alfa", "beta", "gamma"), "b": ("gamma", "alfa", "beta"), "c/d": ("alfa",), "e": ("delta", "alfa")}


@pytest.mark.parametrize("layout", ["{0}/{1}", "labels/{0}/{1}", "{0}/labels/{1}"])
def test_each_folder_has_its_own_order(tmp_path, layout):
    for folder, names in ORDERS.items():
        for i in range(3):
            label = layout.format(folder, f"{i}.txt")
            picture(tmp_path / label.replace("labels", "images").replace(".txt", ".jpg"))
            write(tmp_path / label, BOX.format(names.index("alfa")))
        write(tmp_path / layout.format(folder, "classes.txt"), "\n".join(names))
    table = read(tmp_path)
    assert table.target.names == ("alfa", "beta", "gamma", "delta")
    check(table, 0, 12)


def test_another_order_than_in_the_yaml_is_noted(tmp_path):
    make(tmp_path)
    write(tmp_path / "labels/train/classes.txt", "dog\ncat\n")
    table = read(tmp_path)
    assert table.target.names == ("cat", "dog")
    assert any("other classes in labels/train/classes.txt, those of data.yaml are used" in note for note in table.notes)


OLD = [
    "/content/foo/images/{0}/{1}",
    "D:\\data\\foo\\images\\{0}\\{1}",
    "../images/{0}/{1}",
    "{1}",
    "/old/{0}/{1}",
    "./{1}",
]


@pytest.mark.parametrize("old", OLD)
def test_lists_of_a_moved_data_set(tmp_path, old):
    make(tmp_path, yaml="path: /content/foo\ntrain: train.txt\nval: val.txt\nnames: [cat, dog]\n")
    for split in ("train", "val"):
        lines = [old.format(split, f"{split}{i}.jpg") for i in range(3)]
        write(tmp_path / f"{split}.txt", "\n".join([*lines, old.format(split, "gone.jpg")]))
    table = read(tmp_path)
    check(table)
    assert table.rows["split"].to_list() == ["train"] * 3 + ["valid"] * 3
    assert any("1 image of train.txt missing" in note for note in table.notes)


@pytest.mark.parametrize(
    "old",
    ["/content/foo/images/{}", "C:\\foo\\images\\{}", "..\\images\\{}", "../../foo/images/{}/", "/x/{}", "./images/{}"],
)
def test_folders_of_a_moved_data_set(tmp_path, old):
    folder = make(tmp_path, yaml=f"train: '{old.format('train')}'\nval: '{old.format('val')}'\nnames: [cat, dog]\n")
    if old == "/x/{}":
        for kind in ("images", "labels"):
            for split in ("train", "val"):
                (folder / kind / split).rename(folder / f"{kind}_{split}")
            (folder / kind).rmdir()
        with pytest.raises(DataError, match="does not exist"):
            read(folder)
    else:
        table = read(folder)
        check(table)
        assert table.rows["split"].to_list() == ["train"] * 3 + ["valid"] * 3


def test_a_split_is_never_resolved_to_the_folder_of_all_images(tmp_path):
    make(tmp_path, yaml="train: /old/train/images\nval: /old/val/images\nnames: [cat, dog]\n")
    with pytest.raises(DataError, match="does not exist"):
        read(tmp_path)


def test_darknet_lists_give_the_splits(tmp_path):
    for i in range(6):
        picture(tmp_path / f"obj_train_data/{i}.jpg")
        write(tmp_path / f"obj_train_data/{i}.txt", BOX.format(1))
    write(tmp_path / "obj.names", "cat\ndog\n")
    write(tmp_path / "train.txt", "".join(f"data/obj_train_data/{i}.jpg\n" for i in range(4)))
    write(tmp_path / "valid.txt", "".join(f"data/obj_train_data/{i}.jpg\n" for i in range(4, 6)))
    table = read(tmp_path)
    check(table)
    assert table.rows["split"].to_list() == ["train"] * 4 + ["valid"] * 2


def keypoints(number: int, visible: bool) -> str:
    points = [(0.2 + 0.02 * i, 0.4 + 0.01 * i, 2 - i % 3) for i in range(number)]
    return " ".join(f"{x} {y} {v}" if visible else f"{x} {y}" for x, y, v in points)


@pytest.mark.parametrize(
    ("line", "yaml", "outlined"),
    [
        (BOX.format(1), YAML, False),
        (f"{BOX.format(1)} 0.87", YAML, False),
        (f"1 {POLYGON}", YAML, True),  # a polygon, or oriented box
        (f"1 {POLYGON} 0.9", YAML, True),  # and its confidence
        ("1 0.125 0.333333 0.3 0.333333 0.5 0.333333 0.5 0.583333 0.125 0.583333", YAML, True),
        ("1 0.125 0.333333 0.5 0.333333 0.5 0.583333 0.3 0.583333 0.125 0.583333 0.7", YAML, True),
        (f"{BOX.format(1)} {keypoints(17, True)}", f"{YAML}kpt_shape: [17, 3]\n", False),
        (f"{BOX.format(1)} {keypoints(17, True)}", YAML, False),
        (f"{BOX.format(1)} {keypoints(4, True)}", YAML, False),
        (f"{BOX.format(1)} {keypoints(1, True)}", YAML, False),
        (f"{BOX.format(1)} {keypoints(4, False)}", f"{YAML}kpt_shape: [4, 2]\n", False),
        (f"{BOX.format(1)} {keypoints(2, False)}", f"{YAML}kpt_shape: [2, 2]\n", False),
        (f"{BOX.format(1)} {keypoints(5, True)} 0.66", f"{YAML}kpt_shape: [5, 3]\n", False),
        (f"\ufeff{BOX.format(1)}   \r\n\r\n", YAML, False),
        (f"1.0\t{POLYGON}", YAML, True),
    ],
)
def test_every_kind_of_labels(tmp_path, line, yaml, outlined):
    table = read(make(tmp_path, line, yaml), BOXES)
    check(table)
    notes = " ".join(table.notes)
    assert ("keypoints are not used" in notes) == (keypoints(1, True)[:8] in line)
    assert outlined == ("outlines are available" in notes)
    if outlined:
        assert (read(tmp_path, INSTANCES).masks.read("images/val/val0.jpg") == 257).sum() == 450


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Car 0.00 0 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59", "Expected numbers"),
        ("10 20 40 20 40 35 10 35 ship 0", "Expected numbers"),
        ("1 10 20 40 35", "not pixels"),
        ("1 0.2 0.3 0.4", "4 numbers"),
        (f"{BOX.format(1)}\n1 {POLYGON} 0.4", "10 numbers"),
        ("1,0.2,0.3,0.4,0.5", "Expected numbers"),
    ],
)
def test_other_labels_are_refused_in_one_line(tmp_path, line, words):
    with pytest.raises(DataError, match=words) as error:
        read(make(tmp_path, line))
    assert "\n" not in str(error.value)


def test_folders_of_classes_of_the_family_are_class_folders(tmp_path):
    for split in ("train", "val"):
        for name in ("cat", "dog"):
            for i in range(2):
                picture(tmp_path / f"{split}/{name}/{i}.jpg")
    write(tmp_path / "data.yaml", "path: .\ntrain: train\nval: val\nnames: [cat, dog]\n")
    table = read(tmp_path)
    assert table.target.kind is CLASSES and table.target.names == ("cat", "dog")


@pytest.mark.parametrize("yaml", [YAML, None])
def test_names_in_other_spellings(tmp_path, yaml):
    for split in ("train", "val"):
        for name in ("é", "Ü 1", "b"):
            picture(tmp_path / f"images/{split}/{unicodedata.normalize('NFD', name)}.JPG")
            write(tmp_path / f"labels/{split}/{unicodedata.normalize('NFC', name)}.txt", BOX.format(1))
    write(tmp_path / "classes.txt", "cat\ndog")
    if yaml:
        write(tmp_path / "data.yaml", yaml)
    check(read(tmp_path))


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("images/{}.jpg", "labels/{}.txt"),
        ("images/{}.jpg", "labels/{}.jpg.txt"),
        ("photos/{}.jpg", "annotations/{}.txt"),
        ("images/{}.jpg", "txt/{}.txt"),
        ("{}.jpg", "{}.TXT"),
    ],
)
def test_places_of_label_files_without_a_yaml(tmp_path, image, label):
    for i in range(4):
        picture(tmp_path / image.format(i))
        write(tmp_path / label.format(i), BOX.format(1))
    write(tmp_path / "classes.txt", "cat\ndog")
    check(read(tmp_path), number=4)


def test_images_that_differ_in_their_ending_share_a_label_file(tmp_path):
    make(tmp_path)
    picture(tmp_path / "images/train/train0.png")
    table = read(tmp_path)
    assert len(table) == 7
    assert any("2 images share a label file, as only their endings differ" in note for note in table.notes)


def test_one_folder_for_two_splits_is_noted(tmp_path):
    make(tmp_path, yaml="train: images\nval: images\nnames: [cat, dog]\n")
    table = read(tmp_path)
    check(table)
    assert any("6 images in several splits, used in the first" in note for note in table.notes)


def test_labels_in_utf_16_as_powershell_writes_them(tmp_path):
    make(tmp_path)
    for path in tmp_path.rglob("*.txt"):
        path.write_bytes(path.read_text().encode("utf-16"))
    check(read(tmp_path))
