"""Files that pydicom carries: each is decoded as by a reference, or named in one line; none ends in a traceback."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest

import opsin
from opsin.core import OpsinError
from opsin.data.formats.volumes.dicom_pixels import decoded_frames
from opsin.data.formats.volumes.dicom_slices import read_header

ROOT = Path(pydicom.__file__).parent / "data" / "test_files"
FILES = sorted(path for path in ROOT.rglob("*") if path.is_file())
REFUSED = {
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "badVR.dcm",
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
}


def frames_of(path):
    """Decoded frames; None for what has no pixels."""
    header = read_header(path)
    if header is None or "PixelData" not in header:
        return None
    return decoded_frames(pydicom.dcmread(path, force=True))


@pytest.mark.filterwarnings("ignore")
def test_every_file_is_decoded_or_named_in_one_line():
    decoded, refused = 0, set()
    for path in FILES:
        try:
            frames = frames_of(path)
        except OpsinError as error:
            assert "\n" not in str(error) and len(str(error)) < 500
            refused.add(path.name)
            continue
        if frames is None:
            continue
        decoded += 1
        dataset = pydicom.dcmread(path, force=True)
        if str(dataset.file_meta.get("TransferSyntaxUID")) != "1.2.840.10008.1.2.4.51":
            reference = dataset.pixel_array
            if "PaletteColor" not in str(dataset.PhotometricInterpretation).title().replace(" ", ""):
                np.testing.assert_array_equal(frames.reshape(reference.shape), reference)
    assert decoded >= 88 and refused <= REFUSED


@pytest.mark.filterwarnings("ignore")
def test_every_file_is_a_study_or_named_in_one_line():
    for path in FILES:
        try:
            volume = opsin.read_study(path)
            assert volume.array.size
        except OpsinError as error:
            assert "\n" not in str(error), path.name


@pytest.mark.parametrize("name", ["JPGExtended.dcm", "JPEG-lossy.dcm"])
def test_frames_of_12_bits_are_close_to_another_compression(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = frames_of(ROOT / name)[0].astype(float)
        other = pydicom.dcmread(ROOT / "JPEG2000.dcm").pixel_array.astype(float)
    assert np.corrcoef(ours.ravel(), other.ravel())[0, 1] > 0.95
