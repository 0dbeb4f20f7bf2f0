"""DICOM SEG and SR of a segmented series: every voxel and every millilitre is read back."""

import runpy
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

import opsin
from opsin.core import DataError
from opsin.predict.dicom_objects import SegmentedSeries, write_seg_and_sr

VOLUMES = Path(__file__).parents[1] / "data" / "formats" / "volumes" / "conftest.py"
NAMES = ("background", "liver", "a lesion with a rather long name")


@pytest.fixture
def series(tmp_path):
    """A drawn series of six slices, in files whose names are in no order, and a mask with an empty slice."""
    one_slice = runpy.run_path(str(VOLUMES))["one_slice"]
    uid, frame, random = generate_uid(), generate_uid(), np.random.default_rng(0)
    folder = tmp_path / "study"
    folder.mkdir()
    for row, name in enumerate(random.permutation(6)):
        pixels = random.integers(0, 2000, (7, 9)).astype(np.uint16)
        position = np.array([1.0, 2, 3]) + np.cross([0.96, 0.28, 0], [-0.28, 0.96, 0]) * 2.5 * row
        dataset = one_slice(pixels, position, row + 1, uid, FrameOfReferenceUID=frame, StudyDate="20260101")
        dataset.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    volume = opsin.read_study(folder)
    mask = random.integers(0, 3, (6, 7, 9)).astype(np.uint8)
    mask[2] = 0
    return SegmentedSeries(volume.files, mask, NAMES, 0.001, "0123456789abcdef01")


def test_every_voxel_of_the_segmentation_is_read_back_over_its_slice(series, tmp_path):
    seg, sr = tmp_path / "out" / "a.seg.dcm", tmp_path / "out" / "a.sr.dcm"
    write_seg_and_sr(series, seg, sr)
    found = hd.seg.segread(seg)
    uids = [pydicom.dcmread(path).SOPInstanceUID for path in series.files]
    planes = found.get_pixels_by_source_instance(uids)
    for number in (1, 2):
        np.testing.assert_array_equal(planes[..., number - 1], series.mask == number)
    assert found.NumberOfFrames == 2 * 6  # empty slices are there, too
    assert [one.SegmentLabel for one in found.SegmentSequence] == list(NAMES[1:])
    assert "Not a medical device" in found.ContentDescription


def test_the_report_has_the_millilitres_and_says_what_it_is_not(series, tmp_path):
    seg, sr = tmp_path / "a.seg.dcm", tmp_path / "a.sr.dcm"
    write_seg_and_sr(series, seg, sr)
    report = hd.sr.srread(sr)
    groups = report.content.get_volumetric_roi_measurement_groups()
    for number, group in enumerate(groups, 1):
        (measured,) = group.get_measurements()
        assert measured.value == pytest.approx((series.mask == number).sum() / 1000)
        assert measured.unit.value == "mL"
        assert group.referenced_segment.referenced_sop_instance_uid == pydicom.dcmread(seg).SOPInstanceUID
    assert str(pydicom.dcmread(sr)).count("Not a medical device") == len(groups) == 2


def test_an_empty_segmentation_is_named(series, tmp_path):
    empty = SegmentedSeries(series.files, np.zeros_like(series.mask), NAMES, 0.001, "")
    with pytest.raises(DataError, match="no voxel of a class"):
        write_seg_and_sr(empty, tmp_path / "a", tmp_path / "b")
