"""Stored volumes: each on the grid of the training, in one orientation, with its mask; kept for the next run."""

import nibabel as nib
import numpy as np
import pytest

import opsin
from opsin.data import PatchPreprocessing, open_masks, open_store

PREPARED = PatchPreprocessing((8, 8, 8, 1), (0.0,), (1.0,), (1.0, 1.0, 1.0))


def save(folder, name, values, mask, affine):
    for kind, array in (("images", values), ("labels", mask)):
        (folder / kind).mkdir(exist_ok=True)
        nib.save(nib.Nifti1Image(array, affine), folder / kind / f"{name}.nii.gz")


@pytest.fixture
def folder(tmp_path):
    """One volume in three orientations, one broken file and one with thick slices."""
    root = tmp_path / "data"
    root.mkdir()
    random = np.random.default_rng(0)
    values = random.normal(100, 20, (9, 10, 11)).astype(np.float32)
    mask = (values > 110).astype(np.uint8)
    image = nib.Nifti1Image(values, np.eye(4))
    for name, code in (("a", "RAS"), ("b", "LPI"), ("c", "SRA")):
        turn = nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(code))
        turned = image.as_reoriented(turn)
        other = nib.Nifti1Image(mask, np.eye(4)).as_reoriented(turn)
        save(root, name, np.asarray(turned.dataobj), np.asarray(other.dataobj), turned.affine)
    save(root, "thick", values[:, :, ::4], mask[:, :, ::4], np.diag([1.0, 1, 4, 1]))
    save(root, "broken", values, mask, np.eye(4))
    (root / "images" / "broken.nii.gz").write_bytes(b"broken")
    return root


def test_orientations_of_one_volume_are_stored_as_one_and_a_broken_one_is_named(folder, tmp_path):
    table = opsin.data.read(folder)
    store = open_store(table, PREPARED, cache=tmp_path / "cache")
    masks = open_masks(table, PREPARED, cache=tmp_path / "cache")
    ids = table.rows["id"].to_list()
    rows = {name: ids.index(f"images/{name}.nii.gz") for name in ("a", "b", "c", "thick", "broken")}
    assert list(store.errors) == [rows["broken"]] and "cannot be read as NIfTI" in store.errors[rows["broken"]]
    for name in "bc":
        np.testing.assert_array_equal(store.pixels[rows["a"]], store.pixels[rows[name]])
        np.testing.assert_array_equal(masks.masks[rows["a"]], masks.masks[rows[name]])
        assert store.pixel_hashes[rows["a"]] == store.pixel_hashes[rows[name]]
    assert store.pixels[rows["a"]].shape == (11, 10, 9, 1) and store.pixels[rows["a"]].dtype == np.float16
    assert store.pixels[rows["thick"]].shape == (12, 10, 9, 1)
    assert float(store.pixels[rows["a"]].astype(float).std()) == pytest.approx(1, abs=0.01)
    again = open_store(table, PREPARED, cache=tmp_path / "cache")
    np.testing.assert_array_equal(again.pixels[rows["c"]], store.pixels[rows["c"]])
    assert not store.pixels[rows["a"]].flags.writeable


def test_what_is_stored_is_what_prediction_prepares(folder, tmp_path):
    table = opsin.data.read(folder)
    store = open_store(table, PREPARED, cache=tmp_path / "cache")
    for row, id in enumerate(table.rows["id"].to_list()):
        if row not in store.errors:
            array, _ = PREPARED.fit(PREPARED.decode(opsin.read_study(folder / id)))
            np.testing.assert_array_equal(array, store.pixels[row])


def test_a_window_scales_to_bytes_and_the_preprocessing_survives_its_file():
    prepared = PatchPreprocessing((8, 8, 8, 1), (0.5,), (0.2,), None, (-160.0, 240.0))
    values = np.array([-1000, -160, 40, 240, 3000], np.int16).reshape(5, 1, 1)
    array, _ = prepared.fit(prepared.decode(values))
    assert array.dtype == np.uint8 and array.ravel().tolist() == [0, 0, 128, 255, 255]
    assert opsin.data.preprocessing_from_json(prepared.to_json()) == prepared
    with pytest.raises(opsin.OpsinError, match="no spacing"):
        PREPARED.decode(np.zeros((4, 4, 4)))
