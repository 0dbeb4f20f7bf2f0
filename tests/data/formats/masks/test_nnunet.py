import json

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import MASKS, ImagePreprocessing, open_masks
from opsin.data.formats.masks.mask_folders import match_mask_folders
from opsin.data.formats.masks.nnunet import match_nnunet
from opsin.data.formats.scan import scan

V2 = {
    "channel_names": {"0": "microscopy"},
    "labels": {"background": 0, "cell": 1, "border": 2},
    "numTraining": 2,
    "file_ending": ".png",
}
V1 = {"modality": {"0": "microscopy"}, "labels": {"0": "background", "1": "cell", "2": "border"}}
IDS = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def make(folder, described=V2, ending=".png", test=False):
    for case in ("c_1", "c_2"):
        save(folder / f"imagesTr/{case}_0000{ending}", IDS * 9)
        save(folder / f"labelsTr/{case}{ending}", IDS)
        save(folder / f"imagesTs/{case}t_0000{ending}", IDS)
        if test:
            save(folder / f"labelsTs/{case}t{ending}", IDS)
    text = described if isinstance(described, str) else json.dumps(described)
    (folder / "dataset.json").write_text(text)
    return folder


def read(folder):
    (match,), reason = match_nnunet(scan(folder))
    assert not reason and match.kinds == (MASKS,)
    return match, match.read(str(folder), None)


@pytest.mark.parametrize("described", [V2, V1])
@pytest.mark.parametrize("ending", [".png", ".tif", ".bmp"])
def test_both_versions(tmp_path, described, ending):
    described = {**described, "file_ending": ending} if described is V2 else described
    match, table = read(make(tmp_path / "Dataset001", described, ending))
    assert table.target.names == ("background", "cell", "border") and match.files == ("dataset.json",)
    assert table.rows["id"].to_list() == [f"imagesTr/c_1_0000{ending}", f"imagesTr/c_2_0000{ending}"]
    assert table.rows["target"][0] == f"labelsTr/c_1{ending}" and table.rows["split"].to_list() == [None, None]
    assert table.notes == (f"2 images without a mask left out: imagesTs/c_1t_0000{ending}, imagesTs/c_2t_0000{ending}",)
    np.testing.assert_array_equal(table.masks.read(table.rows["id"][0]), IDS)
    assert (
        not open_masks(table, ImagePreprocessing.of_size((2, 3, 1))).errors
        and not match_mask_folders(scan(tmp_path))[0]
    )


def test_below_another_folder_with_test_masks(tmp_path):
    make(tmp_path / "raw/Dataset001", test=True)
    match, table = read(tmp_path)
    assert match.files == ("raw/Dataset001/dataset.json",) and table.rows["split"].to_list() == [
        None,
        None,
        "test",
        "test",
    ]


def test_ignored_labels(tmp_path):
    _, table = read(make(tmp_path, {**V2, "labels": {"background": 0, "cell": 1, "ignore": 2}}))
    assert table.target.names == ("background", "cell")
    assert table.masks.read("imagesTr/c_1_0000.png").tolist() == [[0, 1, 255], [255, 1, 0]]


def test_masks_with_a_palette(tmp_path):
    make(tmp_path)
    image = Image.fromarray(IDS % 2)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.save(tmp_path / "labelsTr/c_1.png")
    np.testing.assert_array_equal(read(tmp_path)[1].masks.read("imagesTr/c_1_0000.png"), IDS % 2)


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ("{", "is not valid JSON|nested too deeply"),
        ("[" * 100_000, "is not valid JSON|nested too deeply"),
        ("[]", "holds list"),
        ({**V2, "file_ending": ".nii.gz"}, "has .nii.gz files. Expected 2D images"),
        ({**V2, "labels": {}}, "has no labels"),
        ({**V2, "labels": {"background": 0, "all": [1, 2]}}, "'all' as a region of several labels"),
        ({**V2, "labels": {"background": 0, "b": 0}}, "has the label 'b': 0"),
        ({**V2, "labels": {"background": 0, "b": 1000}}, "has the label 'b': 1000"),
        ({**V2, "labels": {"background": 0, "b": None}}, "has the label 'b': None"),
        ({**V2, "labels": {"background": 0, "b": 1.5}}, "has the label 'b': 1.5"),
        ({**V2, "labels": {"background": 0}}, "only the class"),
        ({**V2, "file_ending": ".tif"}, "no image of imagesTr has a mask"),
    ],
)
def test_invalid_descriptions_are_one_line_errors(tmp_path, described, words):
    with pytest.raises(DataError, match=words) as error:
        read(make(tmp_path, described))
    assert str(error.value).startswith(f"{tmp_path}: dataset.json") and "\n" not in str(error.value)


def test_several_channels(tmp_path):
    make(tmp_path)
    save(tmp_path / "imagesTr/c_1_0001.png", IDS)
    with pytest.raises(DataError, match=r"imagesTr/c_1_0001.png is a further channel\. Expected one image per case"):
        read(tmp_path)


def test_a_value_without_a_label(tmp_path):
    make(tmp_path)
    save(tmp_path / "labelsTr/c_1.png", IDS * 3)
    with pytest.raises(
        DataError, match=r"^has a mask labelsTr/c_1.png that has the value 3 in 2 pixels. Expected 0, 1, 2"
    ):
        read(tmp_path)[1].masks.read("imagesTr/c_1_0000.png")


def test_other_json_files_are_not_matches(tmp_path):
    (tmp_path / "dataset.json").write_text("{}")
    assert match_nnunet(scan(tmp_path)) == ([], "no dataset.json next to imagesTr/ and labelsTr/")
