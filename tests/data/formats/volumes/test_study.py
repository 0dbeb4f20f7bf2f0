"""A study is read as what it is or refused in one line: order, spacing, position, values and mutations of a series."""

import shutil

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

import opsin
from opsin.core import OpsinError

NORMAL = np.cross([0.96, 0.28, 0.0], [-0.28, 0.96, 0.0])
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def by_itk(folder):
    """Values and affine of (depth, height, width) indices from SimpleITK."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    return sitk.GetArrayFromImage(image), (LPS @ matrix)[:, [2, 1, 0, 3]]


def test_a_series_is_ordered_by_position_and_has_the_values_and_corners_of_simpleitk(drawn, tmp_path):
    stored = drawn(tmp_path)
    volume = opsin.read_study(tmp_path)
    values, affine = by_itk(tmp_path)
    np.testing.assert_array_equal(volume.array[..., 0], stored.astype(int) * 2 - 1000)
    np.testing.assert_array_equal(volume.array[..., 0], values)
    np.testing.assert_allclose(np.array(volume.affine), affine, atol=1e-5)
    assert volume.spacing == pytest.approx((2.5, 0.8, 0.5))
    assert any("5 mm thick and 2.5 mm apart" in note for note in volume.notes)


def test_facts_hold_no_identifier(drawn, tmp_path):
    drawn(tmp_path)
    facts = opsin.read_study(tmp_path).facts
    assert facts["sex"] == "F" and facts["age_band"] == "40-49" and facts["burnt_in"] == "unknown"
    assert not {"p-1", "Doe^Jane", "047Y", "St. Elsewhere"} & set(facts.values())


def test_slices_that_run_the_other_way_give_the_same_volume(drawn, tmp_path):
    stored = drawn(tmp_path / "up")
    drawn(tmp_path / "down", step=-2.5)
    down = opsin.read_study(tmp_path / "down")
    np.testing.assert_array_equal(down.array[::-1, :, :, 0], stored.astype(int) * 2 - 1000)
    np.testing.assert_allclose(np.array(down.affine), by_itk(tmp_path / "down")[1], atol=1e-5)


PLACES = [np.array([10.0, -20.0, 30.0]) + NORMAL * 2.5 * row for row in range(6)]
GAP = [*PLACES[:3], *(place + NORMAL * 2.5 for place in PLACES[3:])]
TILT = [place + 0.4 * row * np.array([-0.28, 0.96, 0]) for row, place in enumerate(PLACES)]
SMALL = np.zeros((5, 9), np.uint16)
MUTATIONS = {
    "duplicate": ({"positions": [*PLACES[:5], PLACES[4]]}, "two slices at the same position"),
    "missing": ({"positions": GAP}, "varies from 2.5 to 5 mm"),
    "uneven": ({"positions": [place + NORMAL * 0.3 * (row % 2) for row, place in enumerate(PLACES)]}, "varies from"),
    "tilted": ({"positions": TILT}, "tilt"),
    "no position": ({"changes": {2: {"ImagePositionPatient": None}}}, "no ImagePositionPatient"),
    "no positions": ({"ImagePositionPatient": None}, "no ImagePositionPatient"),
    "no spacing": ({"PixelSpacing": None}, "no PixelSpacing"),
    "no orientation": ({"ImageOrientationPatient": None}, "no ImageOrientationPatient"),
    "zero spacing": ({"PixelSpacing": [0.0, 0.5]}, "not above 0"),
    "other spacing": ({"changes": {1: {"spacing": (0.9, 0.5)}}}, "mixes slices with pixels"),
    "other orientation": ({"changes": {1: {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}}}, "different orientation"),
    "skewed orientation": ({"ImageOrientationPatient": [1, 0, 0, 0.5, 0.8660254, 0]}, "perpendicular"),
    "other size": ({"changes": {1: {"pixels": SMALL}}}, "mixes slices of"),
    "two kinds": ({"changes": {1: {"PhotometricInterpretation": "MONOCHROME1"}}}, "holds 2 volumes"),
    "two series": ({"changes": {1: {"SeriesInstanceUID": "1.2.9"}}}, "holds 2 volumes"),
    "unknown photometric": ({"PhotometricInterpretation": "HSV"}, "photometric interpretation 'HSV'"),
    "no photometric": ({"PhotometricInterpretation": None}, "no photometric interpretation"),
    "no pixels": ({"PixelData": None}, "no pixels"),
    "short pixels": ({"changes": {3: {"PixelData": b"\0" * 20}}}, "cannot be decoded"),
    "zero slope": ({"RescaleSlope": 0.0}, "RescaleSlope"),
    "huge": ({"Rows": 65535, "Columns": 65535, "NumberOfFrames": 30}, "Expected at most"),
}  # fmt: skip


@pytest.mark.parametrize(("how", "message"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutated_series_is_refused_in_one_line(drawn, tmp_path, how, message):
    drawn(tmp_path, **how)
    with pytest.raises(OpsinError) as error:
        opsin.read_study(tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_harmless_changes_are_read_as_before(drawn, tmp_path):
    stored = drawn(tmp_path / "plain")
    expected = stored.astype(int) * 2 - 1000
    for name, how in {
        "numbers": {"changes": {row: {"InstanceNumber": 9 - row} for row in range(6)}},
        "acquisitions": {"changes": {row: {"AcquisitionNumber": row // 2} for row in range(6)}},
        "rescale": {
            "changes": {0: {"RescaleSlope": 1.0, "RescaleIntercept": 0.0, "pixels": expected[0].astype(np.int16)}}
        },
        "float": {"RescaleSlope": 2.0 + 1e-9},
    }.items():
        drawn(tmp_path / name, **how)
        (tmp_path / name / "notes.txt").write_text("a note")
        volume = opsin.read_study(tmp_path / name)
        np.testing.assert_allclose(volume.array[..., 0], expected, atol=0.01)
        assert any("notes.txt" in note for note in volume.notes)


def test_two_series_are_listed_and_one_can_be_chosen(drawn, tmp_path):
    drawn(tmp_path / "a", SeriesDescription="bone")
    drawn(tmp_path / "b", step=4.0, SeriesDescription="soft tissue")
    with pytest.raises(OpsinError, match=r"holds 2 volumes: 1 \(CT, 6 of 7x9, bone\); 2 \(CT.*soft tissue\)"):
        opsin.read_study(tmp_path)
    assert opsin.read_study(tmp_path, series=2).spacing[0] == pytest.approx(4.0)
    with pytest.raises(OpsinError, match="no volume 3"):
        opsin.read_study(tmp_path, series=3)


def test_two_echoes_at_the_same_positions_are_two_volumes(drawn, tmp_path):
    for echo in (1, 2):
        drawn(tmp_path, series="1.2.7", prefix=f"e{echo}-", EchoNumbers=echo, RescaleIntercept=float(echo))
    assert opsin.read_study(tmp_path, series=2).array.shape == (6, 7, 9, 1)
    with pytest.raises(OpsinError, match=r"EchoNumbers 1.*EchoNumbers 2"):
        opsin.read_study(tmp_path)


def test_monochrome1_is_inverted_over_the_stored_range(drawn, tmp_path):
    stored = drawn(tmp_path, PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11)
    volume = opsin.read_study(tmp_path)
    np.testing.assert_array_equal(volume.array[..., 0], (4095 - stored.astype(int)) * 2 - 1000)


def ramp(positions):
    """Stored values that are linear in the world, at the voxels of slices with these positions."""
    rows, columns = np.mgrid[:7, :9]
    row, column = np.array([0.96, 0.28, 0.0]), np.array([-0.28, 0.96, 0.0])
    points = [place + rows[..., None] * 0.8 * column + columns[..., None] * 0.5 * row for place in positions]
    return [np.rint(5000 + points @ np.array([30.0, -20.0, 40.0])).astype(np.uint16) for points in points]


@pytest.mark.parametrize("kind", ["tilted", "missing"])
def test_regridding_keeps_every_slice_at_its_own_place(drawn, tmp_path, kind):
    places = MUTATIONS[kind][0]["positions"]
    drawn(tmp_path, positions=places, changes={row: {"pixels": one} for row, one in enumerate(ramp(places))})
    volume = opsin.read_study(tmp_path, regrid=True)
    index = np.stack([*np.indices(volume.shape), np.ones(volume.shape)]).reshape(4, -1)
    world = (LPS @ np.array(volume.affine) @ index)[:3].T
    expected = 2 * (5000 + world @ np.array([30.0, -20.0, 40.0])) - 1000
    inside = volume.array.ravel() > volume.array.min()  # the surroundings have the smallest value
    close = np.abs(volume.array.ravel()[inside] - expected[inside]) < 5
    assert inside.mean() > 0.5 and close.mean() > (0.7 if kind == "tilted" else 0.99)
    assert any("resampled to a regular grid" in note for note in volume.notes)


def test_a_nifti_file_alone_and_in_a_folder(tmp_path):
    values = np.random.default_rng(0).integers(-1000, 2000, (4, 5, 6)).astype(np.int16)
    affine = np.array([[0, -2.0, 0, 5], [1.5, 0, 0, 6], [0, 0, 3.0, 7], [0, 0, 0, 1]])
    (tmp_path / "study").mkdir()
    nib.save(nib.Nifti1Image(values, affine), tmp_path / "study" / "scan.nii.gz")
    for path in (tmp_path / "study", tmp_path / "study" / "scan.nii.gz"):
        volume = opsin.read_study(path)
        np.testing.assert_array_equal(volume.array[..., 0], values.transpose())
        np.testing.assert_allclose(np.array(volume.affine), affine[:, [2, 1, 0, 3]])
        assert volume.spacing == (3.0, 2.0, 1.5)


def test_what_is_no_study_is_refused(tmp_path):
    for path, message in ((tmp_path / "none", "does not exist"), (tmp_path, "holds no volume")):
        with pytest.raises(OpsinError, match=message):
            opsin.read_study(path)
    (tmp_path / "scan.nii").write_bytes(b"no volume at all")
    with pytest.raises(OpsinError, match="cannot be read as NIfTI"):
        opsin.read_study(tmp_path / "scan.nii")
    shutil.copy(tmp_path / "scan.nii", tmp_path / "other.dcm")
    with pytest.raises(OpsinError, match=r"DICOM|no volume|NIfTI"):
        opsin.read_study(tmp_path / "other.dcm")
