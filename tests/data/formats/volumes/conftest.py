"""Drawn DICOM series: slices of a known volume at known positions, in files whose names are in no order."""

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")
from pydicom.dataset import FileMetaDataset  # noqa: E402
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid  # noqa: E402

AXES = np.array([[0.96, 0.28, 0.0], [-0.28, 0.96, 0.0]])  # an oblique plane


def one_slice(pixels, position, number, series, *, axes=AXES, spacing=(0.8, 0.5), **changes):
    """A CT slice with stored values; `changes` replace elements, None removes them."""
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid()
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, "1.2.3"
    dataset.Modality, dataset.InstanceNumber = "CT", number
    dataset.PatientID, dataset.PatientName, dataset.PatientAge, dataset.PatientSex = "p-1", "Doe^Jane", "047Y", "F"
    dataset.InstitutionName = "St. Elsewhere"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelSpacing = [float(one) for one in spacing]
    dataset.ImageOrientationPatient = [round(float(one), 9) for one in np.ravel(axes)]
    dataset.ImagePositionPatient = [round(float(one), 6) for one in position]
    dataset.SliceThickness, dataset.RescaleSlope, dataset.RescaleIntercept = 5.0, 2.0, -1000.0
    dataset.PixelData = pixels.tobytes()
    for name, value in changes.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return dataset


@pytest.fixture
def drawn():
    """Function from a folder to the stored values (6, 7, 9) of a series that it writes there."""

    def draw(folder, *, step=2.5, positions=None, changes=None, count=6, series=None, prefix="", **same):
        random = np.random.default_rng(3)
        stored = random.integers(0, 2000, (count, 7, 9)).astype(np.uint16)
        series = series or generate_uid()
        normal = np.cross(*same.get("axes", AXES))
        names = random.permutation(count)
        folder.mkdir(parents=True, exist_ok=True)
        for row, pixels in enumerate(stored):
            place = np.array([10.0, -20.0, 30.0]) + normal * step * row if positions is None else positions[row]
            own = {**same, **((changes or {}).get(row) or {})}
            dataset = one_slice(own.pop("pixels", pixels), place, row + 1, series, **own)
            dataset.save_as(folder / f"{prefix}{names[row]:03}.dcm", enforce_file_format=True)
        return stored

    return draw
