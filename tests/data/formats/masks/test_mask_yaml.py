import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import MASKS, ImagePreprocessing, open_masks
from opsin.data.formats.masks.mask_yaml import match_mask_yaml
from opsin.data.formats.scan import scan

REAL = os.environ.get("OPSIN_DATA")
CONFIG = """
train:
  images: ../images/train
  masks: masks/train
val:
  images: ../images/val
  masks: masks/val
classes:
  0: nothing
  3: cat
  9: dog
"""


def make(folder, config=CONFIG, splits=("train", "val")):
    for split in splits:
        for name in ("a", "b"):
            for place, values in (("images", np.zeros((4, 5, 3))), ("semantic/masks", np.full((4, 5), 3))):
                path = folder / place / split / f"{name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                values = values.astype(np.uint8)
                values[0, 0] = 9 if name == "b" else 0
                Image.fromarray(values).save(path)
    (folder / "semantic/config.yaml").write_text(config)
    return folder


def read(folder):
    (match,), reason = match_mask_yaml(scan(folder))
    assert not reason and match.kinds == (MASKS,)
    return match, match.read(str(folder), None)


@pytest.mark.parametrize("inner", ["", "semantic"])
def test_from_the_top_and_from_its_own_folder(tmp_path, inner):
    match, table = read(make(tmp_path) / inner)
    assert match.files == (("semantic/" if not inner else "") + "config.yaml",)
    assert table.target.names == ("nothing", "cat", "dog")
    assert table.rows["id"].to_list() == [
        "images/train/a.png",
        "images/train/b.png",
        "images/val/a.png",
        "images/val/b.png",
    ]
    assert table.rows["split"].to_list() == ["train", "train", "valid", "valid"]
    assert table.masks.read("images/val/b.png")[0].tolist() == [2, 1, 1, 1, 1]
    assert not open_masks(table, ImagePreprocessing.of_size((4, 5, 1))).errors


def test_a_missing_part_and_images_without_masks_are_noted(tmp_path):
    make(tmp_path, splits=("train",))
    (tmp_path / "semantic/masks/train/a.png").unlink()
    _, table = read(tmp_path)
    assert len(table) == 1 and table.notes[:2] == (
        "1 train image without a mask left out: a.png",
        "valid left out: no images in ../images/val and masks/val",
    )


def test_ignored_classes(tmp_path):
    _, table = read(make(tmp_path, CONFIG + "ignore_classes: [0]\n"))
    assert table.target.names == ("cat", "dog") and table.masks.read("images/val/a.png")[0, 0] == 255


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("../images/train", "../../elsewhere", "is outside of"),
        ("../images/train", "/etc", "is outside of"),
        ("  9: dog", "", "names 2 classes and none for 9"),
        ("  9: dog", "  8: cat", "names 'cat' more than once"),
        ("classes:", "classes: 3\nother:", "holds int"),
        ("classes:", "ignore_classes: x\nclasses:", "ignore_classes is x"),
    ],
)
def test_configs_that_do_not_fit(tmp_path, old, new, words):
    folder = make(tmp_path / "set", CONFIG.replace(old, new))
    with pytest.raises(DataError, match=words) as error:
        read(folder)
    assert str(error.value).startswith(f"{folder}: semantic/config.yaml: ") and "\n" not in str(error.value)


def test_missing_images_are_an_error(tmp_path):
    (tmp_path / "semantic").mkdir()
    make(tmp_path, splits=())
    with pytest.raises(DataError, match="train left out: no images in"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["", "train: images/train\nnames: [a]", "[1, 2]", "3", "train: {images: 3, masks: 4}"])
def test_other_yaml_files_are_not_matches(tmp_path, text):
    (tmp_path / "data.yaml").write_text(text)
    assert match_mask_yaml(scan(tmp_path)) == ([], "")


@pytest.mark.parametrize("text", ["a: [", "{" * 50_000, "!!python/object/apply:os.system [ls]", "x" * 1_100_000])
def test_broken_yaml_is_a_one_line_reason(tmp_path, text):
    (tmp_path / "data.yaml").write_text(text)
    matches, reason = match_mask_yaml(scan(tmp_path))
    assert not matches and reason.startswith("data.yaml is ") and "\n" not in reason


@pytest.mark.skipif(not REAL, reason="OPSIN_DATA names no folder with coco128")
@pytest.mark.parametrize("inner", ["", "semantic_segmentation"])
def test_coco128(inner):
    folder = Path(REAL or "") / "coco128" / inner
    if not folder.is_dir():
        pytest.skip("no coco128 there")
    _, table = read(folder)
    assert len(table) == 100 and len(table.target.names) == 130
    assert table.target.names[:3] == ("unlabeled", "person", "bicycle") and table.target.names[12] == "stop sign"
    id = table.rows["id"][0]
    image = np.asarray(Image.open(Path(REAL or "") / "coco128" / table.rows["target"][0]))
    listed = {value: place for place, value in enumerate(_ids(Path(REAL or "")))}
    np.testing.assert_array_equal(table.masks.read(id), np.vectorize(listed.get)(image))
    assert not open_masks(table, ImagePreprocessing.of_size((32, 32, 1))).errors


def _ids(data):
    lines = (data / "coco128/semantic_segmentation/config.yaml").read_text().split("classes:")[1].splitlines()
    return sorted(int(line.split(":")[0]) for line in lines if line.strip()[:1].isdigit())
