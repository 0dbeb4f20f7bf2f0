"""Volumes for the demo, composed of a real CT slice with lesions that have the texture of a real MR slice."""

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import OpsinError

from .progress import Reporter

COUNT = 60
SHAPE = (16, 40, 40)
SPACING = (2.0, 0.66, 0.66)
STUDY = "study"
"""Folder with one further volume as a DICOM series, for a prediction."""


def write_volumes(folder: Path, progress: Reporter) -> Path:
    """Writes `folder`/images and labels as NIfTI, and `folder`/study as DICOM, unless the folder exists."""
    if folder.exists():
        return folder
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        _write(temporary, progress)
        temporary.rename(folder)
    except OSError as error:
        raise OpsinError(f"Writing {folder} failed: {error.strerror}. Fix: run the demo in another folder.") from error
    return folder


def compose(slices: tuple[np.ndarray, np.ndarray], generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns a volume and its mask.

    Args:
        slices: CT slice in Hounsfield units, and MR slice with mean 0 and deviation 1.
        generator: Source of randomness.

    Returns:
        int16 Hounsfield units and uint8 classes (1: lesion), both (depth, height, width).
    """
    ct, mr = slices
    depth, height, width = SHAPE
    start, drift = generator.uniform(0, ct.shape[0] - height - 10, 2), generator.uniform(-0.6, 0.6, 2)
    values = np.empty(SHAPE)
    for plane in range(depth):
        top, left = (start + drift * (plane - depth / 2) + 5).clip(0, ct.shape[0] - height).astype(int)
        values[plane] = ct[top : top + height, left : left + width]
    values += generator.normal(0, 15, SHAPE)
    centre = np.array(SHAPE) / 2 + generator.uniform(-0.25, 0.25, 3) * SHAPE
    radii = generator.uniform(3.0, 6.0, 3) / SPACING
    places = np.indices(SHAPE) - centre[:, None, None, None]
    inside = ((places / radii[:, None, None, None]) ** 2).sum(0) < 1
    top, left = generator.integers(0, mr.shape[0] - height, 2)
    texture = mr[top : top + height, left : left + width]
    values = np.where(inside, generator.uniform(40, 90) + 20 * texture, values)
    return values.round().clip(-1024, 3000).astype(np.int16), inside.astype(np.uint8)


def _write(folder: Path, progress: Reporter) -> None:
    from opsin.data.formats.volumes.nifti import write_nifti

    dataset, slices = _sources()
    affine = np.diag([0.0, 0.0, 0.0, 1.0])
    affine[[2, 1, 0], [0, 1, 2]] = SPACING
    for number in range(COUNT):
        values, mask = compose(slices, np.random.default_rng(number))
        for name, array in (("images", values), ("labels", mask)):
            write_nifti(folder / name / f"{number:03}.nii.gz", array, tuple(map(tuple, affine.tolist())))
        progress("writing volumes", number + 1, COUNT)
    (folder / "classes.txt").write_text("background\nlesion\n")
    _write_series(folder / STUDY, compose(slices, np.random.default_rng(COUNT))[0], dataset)


def _sources() -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """Returns the CT data set that pydicom carries, its Hounsfield units, and the MR slice, standardized."""
    from opsin.data.formats.volumes.libraries import medical_library

    pydicom = medical_library("pydicom")
    folder = Path(str(pydicom.__file__)).parent / "data" / "test_files"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ct, mr = (pydicom.dcmread(folder / name) for name in ("CT_small.dcm", "MR_small.dcm"))
            units = ct.pixel_array.astype(float) * float(ct.RescaleSlope) + float(ct.RescaleIntercept)
            texture = mr.pixel_array.astype(float)
    except OSError as error:
        raise OpsinError(
            f"pydicom lacks its example images ({error}). Fix: pip install '.[medical]' in a clone of Opsin."
        ) from error
    return ct, (units, (texture - texture.mean()) / texture.std())


def _write_series(folder: Path, values: np.ndarray, example: Any) -> None:
    """Writes a volume as a DICOM series with invented identifiers."""
    import copy

    from opsin.data.formats.volumes.libraries import medical_library

    generate_uid: Any = medical_library("pydicom.uid").generate_uid
    folder.mkdir(parents=True, exist_ok=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    for number, plane in enumerate(values):
        dataset = copy.deepcopy(example)
        dataset.remove_private_tags()
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.PatientID, dataset.PatientName = "demo", "Demo^Composed"
        dataset.Rows, dataset.Columns = plane.shape
        dataset.PixelSpacing, dataset.SliceThickness = list(SPACING[1:]), SPACING[0]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.ImagePositionPatient = [0.0, 0.0, number * SPACING[0]]
        dataset.InstanceNumber, dataset.RescaleSlope, dataset.RescaleIntercept = number + 1, 1, -1024
        dataset.PixelData = (plane.astype(np.int32) + 1024).astype(np.int16).tobytes()
        dataset.pop("DataSetTrailingPadding", None)
        dataset.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
