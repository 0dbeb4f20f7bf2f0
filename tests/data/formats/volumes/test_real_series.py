"""Real series against dcm2niix and SimpleITK: the same values at the same corners."""

import os
import subprocess
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

import opsin
from opsin.core import OpsinError
from opsin.data.formats.volumes.nifti import read_nifti
from opsin.data.formats.volumes.volume_files import corner_distance

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("OPSIN_DATA" not in os.environ, reason="OPSIN_DATA names no folder of data sets"),
]
DATA = Path(os.environ.get("OPSIN_DATA", "."))
HIPPOCAMPUS = DATA / "hippocampus_dicom" / "data" / "TestVolumes"
REGULAR = {
    "ct": DATA / "dicom_ct" / "Philips_regular",
    "t1 oblique": DATA / "dicom_t1_structural" / "dicoms",
    "t1": HIPPOCAMPUS / "Study3" / "11-T1post-18670",
    "flair": HIPPOCAMPUS / "Study3" / "36468-FLAIRreg-58706",
}


def converted(folder, out, pattern="*.nii"):
    """Volumes that dcm2niix writes, by name."""
    import dcm2niix

    out.mkdir()
    command = [dcm2niix.bin, "-f", "%p_%s_%e", "-z", "n", "-o", str(out), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return {path.name: read_nifti(path) for path in sorted(out.glob(pattern))}


@pytest.mark.parametrize("name", REGULAR)
def test_regular_series_equal_dcm2niix(name, tmp_path):
    ours = opsin.read_study(REGULAR[name]).canonical()
    (theirs,) = converted(REGULAR[name], tmp_path / "out").values()
    theirs = theirs.canonical()
    np.testing.assert_array_equal(ours.array, theirs.array)
    assert corner_distance(ours.affine, theirs.affine, ours.shape) < 0.002


@pytest.mark.parametrize(("name", "least"), [("Philips_tilt", 0.999), ("GE_tilt_gaps", 0.99)])
def test_tilt_and_gaps_are_refused_and_regridded_like_dcm2niix(name, least, tmp_path):
    folder = DATA / "dicom_ct" / name
    with pytest.raises(OpsinError, match="tilt"):
        opsin.read_study(folder)
    ours = opsin.read_study(folder, regrid=True)
    found = converted(folder, tmp_path / "out", "*Tilt*.nii")
    theirs = found[max(found, key=len)]  # the one with equal distances, where there are two
    index = np.stack([*np.indices(theirs.shape), np.ones(theirs.shape)]).reshape(4, -1)
    where = np.linalg.inv(np.array(ours.affine)) @ np.array(theirs.affine) @ index
    values = ndimage.map_coordinates(ours.array[..., 0].astype(float), where[:3], order=1, cval=-2000)
    inside = values > -1000
    correlation = np.corrcoef(values[inside], theirs.array.ravel()[inside])[0, 1]
    assert correlation >= least


def test_mixed_series_and_scouts_are_named():
    with pytest.raises(OpsinError, match="holds 2 volumes"):
        opsin.read_study(DATA / "dicom_ct" / "Philips_mixed")
    assert opsin.read_study(DATA / "dicom_ct" / "Philips_scout").spacing is None


def test_enhanced_siemens_files_equal_the_reference():
    reference = nib.load(DATA / "dicom_enhanced" / "Ref" / "Siemens_REST1_w_SMS_PF7-8_6.nii")
    expected = np.asarray(reference.dataobj)
    for time in range(4):
        volume = opsin.read_study(DATA / "dicom_enhanced" / "In" / "Siemens" / "XA10" / f"6_{time + 1}.dcm").canonical()
        theirs = nib.Nifti1Image(expected[..., time], reference.affine)
        turned = nib.as_closest_canonical(theirs)
        np.testing.assert_array_equal(volume.array[..., 0], np.asarray(turned.dataobj).transpose())
        affine = turned.affine[:, [2, 1, 0, 3]]
        assert corner_distance(volume.affine, affine, volume.shape) < 0.002


def test_the_enhanced_philips_file_is_two_volumes():
    folder = DATA / "dicom_enhanced" / "In" / "Philips"
    references = [
        read_nifti(path).canonical() for path in sorted((DATA / "dicom_enhanced" / "Ref").glob("Philips*.nii"))
    ]
    volumes = [opsin.read_study(folder, series=number).canonical() for number in (1, 2)]
    assert len(references) == 2
    for volume, reference in zip(volumes, references, strict=True):
        assert corner_distance(volume.affine, reference.affine, volume.shape) < 0.002
        ours, theirs = volume.array.astype(np.float64).ravel(), reference.array.astype(np.float64).ravel()
        slope, intercept = np.polyfit(ours, theirs, 1)  # dcm2niix scales by Philips's private elements, we by DICOM's
        np.testing.assert_allclose(ours * slope + intercept, theirs, atol=1e-3 * np.abs(theirs).max())
