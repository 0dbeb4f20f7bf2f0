"""Data sets of volumes: every layout gives the same volumes, masks, classes and groups."""

import json

import nibabel as nib
import numpy as np
import pytest

import opsin
from opsin.core import OpsinError
from opsin.data import VOLUME_MASKS

AFFINE = np.array([[-1.0, 0, 0, 3], [0, 1.5, 0, 4], [0, 0, 2.0, 5], [0, 0, 0, 1]])
COUNT = 4


def drawn(row, channel=0):
    random = np.random.default_rng(10 * row + channel)
    mask = np.zeros((6, 7, 8), np.uint8)
    mask[1:3, 2:4, 3:6], mask[4, 5, 6] = 1, 2
    return random.integers(0, 1000, (6, 7, 8)).astype(np.int16), mask


def save(path, values, affine=AFFINE):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(values, affine), path)


def folders(root):
    for row in range(COUNT):
        image, mask = drawn(row)
        save(root / "images" / f"case{row}.nii.gz", image)
        save(root / "labels" / f"case{row}.nii.gz", mask)


def one_folder(root):
    for row in range(COUNT):
        image, mask = drawn(row)
        save(root / f"case{row}.nii", image)
        save(root / f"case{row}_seg.nii", mask.astype(np.float32))


def nnunet(root):
    for row in range(COUNT):
        image, mask = drawn(row)
        save(root / "imagesTr" / f"case{row}_0000.nii.gz", image)
        save(root / "labelsTr" / f"case{row}.nii.gz", mask)
    labels = {"background": 0, "label 1": 1, "label 2": 2}
    (root / "dataset.json").write_text(json.dumps({"labels": labels, "file_ending": ".nii.gz"}))


def decathlon(root):
    entries = []
    for row in range(COUNT):
        image, mask = drawn(row)
        save(root / "imagesTr" / f"case{row}.nii.gz", image)
        save(root / "labelsTr" / f"case{row}.nii.gz", mask)
        entries.append({"image": f"./imagesTr/case{row}.nii.gz", "label": f"./labelsTr/case{row}.nii.gz"})
    labels = {"0": "background", "1": "label 1", "2": "label 2"}
    (root / "dataset.json").write_text(json.dumps({"labels": labels, "training": entries, "test": ["./imagesTs/x"]}))


def datalist(root):
    folders(root)
    entries = [{"image": [f"images/case{row}.nii.gz"], "label": f"labels/case{row}.nii.gz"} for row in range(COUNT)]
    (root / "datalist.json").write_text(json.dumps({"training": entries}))


LAYOUTS = [folders, one_folder, nnunet, decathlon, datalist]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_volumes_and_masks(layout, tmp_path):
    layout(tmp_path)
    table = opsin.data.read(tmp_path)
    assert table.target.kind is VOLUME_MASKS and table.target.names == ("background", "label 1", "label 2")
    assert len(table) == COUNT
    for row, id in enumerate(table.rows["id"].to_list()):
        image, mask = drawn(row)
        volume = table.images.read(id)
        np.testing.assert_array_equal(volume.array[..., 0], image.transpose())
        np.testing.assert_array_equal(table.masks.read(id), mask.transpose())
        assert volume.spacing == (2.0, 1.5, 1.0)


def test_channels_of_nnunet_are_joined_and_an_ignore_label_is_not_a_class(tmp_path):
    nnunet(tmp_path)
    for row in range(COUNT):
        save(tmp_path / "imagesTr" / f"case{row}_0001.nii.gz", drawn(row, 1)[0])
    labels = {"background": 0, "label 1": 1, "ignore": 2}
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels, "file_ending": ".nii.gz"}))
    table = opsin.data.read(tmp_path)
    first = table.rows["id"][0]
    np.testing.assert_array_equal(table.images.read(first).array[..., 1], drawn(0, 1)[0].transpose())
    assert table.target.names == ("background", "label 1") and 255 in np.unique(table.masks.read(first))


def test_a_channel_or_mask_on_another_grid_is_refused(tmp_path):
    folders(tmp_path)
    moved = AFFINE.copy()
    moved[0, 3] += 2
    save(tmp_path / "labels" / "case1.nii.gz", drawn(1)[1], moved)
    save(tmp_path / "labels" / "case2.nii.gz", drawn(2)[1][:5])
    table = opsin.data.read(tmp_path)
    for name, message in (
        ("case1", "corners are up to 2 mm apart"),
        ("case2", "of 8x7x5"),
    ):
        with pytest.raises(OpsinError, match=message):
            table.masks.read(f"images/{name}.nii.gz")


def test_patients_keep_volumes_in_one_group(tmp_path):
    folders(tmp_path)
    (tmp_path / "patients.csv").write_text("path,patient\ncase0,p0\ncase1,p0\ncase2,p1\ncase3,p1\n")
    assert opsin.data.read(tmp_path).rows["group"].to_list() == ["p0", "p0", "p1", "p1"]
    (tmp_path / "patients.csv").write_text("path,patient\ncase1,p1\n")
    with pytest.raises(OpsinError, match="does not name the patient of"):
        opsin.data.read(tmp_path)


@pytest.mark.parametrize("paired", [True, False])
def test_numbered_pairs_are_one_subject_only_where_their_values_are_alike(tmp_path, paired):
    random = np.random.default_rng(5)
    levels = random.uniform(50, 5000, 40)
    for number in range(1, 41):
        level = levels[(number - 1) // 2] if paired else levels[number - 1]
        image = random.normal(level, level / 20, (4, 4, 4)).astype(np.float32)
        save(tmp_path / "images" / f"h_{number:03}.nii.gz", image)
        save(tmp_path / "labels" / f"h_{number:03}.nii.gz", np.eye(4, dtype=np.uint8)[None].repeat(4, 0))
    table = opsin.data.read(tmp_path)
    groups = table.rows["group"].to_list()
    assert (groups[:4] == ["subject 1", "subject 1", "subject 2", "subject 2"]) if paired else groups[0] is None
    assert any("one subject" in note for note in table.notes) == paired


def test_a_list_that_names_files_outside_of_its_folder_is_refused(tmp_path):
    datalist(tmp_path)
    entries = [{"image": "../x.nii.gz", "label": "labels/case0.nii.gz"}]
    (tmp_path / "datalist.json").write_text(json.dumps({"training": entries}))
    with pytest.raises(OpsinError, match="not below its folder"):
        opsin.data.read(tmp_path)
