"""DICOM objects of a segmentation: SEG with a segment for each class, and a TID 1500 report of its volumes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opsin import __version__
from opsin.core import DataError
from opsin.data.formats.volumes.libraries import medical_library
from opsin.tasks.segmentation.volumes import SegmentVolumes

DISCLAIMER = SegmentVolumes.notice
_SCHEME = "99OPSIN"
_NAME, _MODEL = "Opsin", "Opsin segmentation"
_MAY_BE_EMPTY = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
"""Elements of type 2, which DICOM requires to be there and allows to be empty."""
_LONGEST_MEANING, _LONGEST_VALUE = 64, 16


@dataclass(frozen=True)
class SegmentedSeries:
    """A DICOM series and the classes of its voxels.

    Attributes:
        files: File of each slice, in the order of the mask.
        mask: uint8 (slices, rows, columns) class indices; 0 is the background.
        names: Name of each class, the background first.
        voxel_ml: Volume of a voxel in millilitres.
        model: Fingerprint of the model.
    """

    files: Sequence[Path]
    mask: np.ndarray
    names: Sequence[str]
    voxel_ml: float
    model: str


def write_seg_and_sr(series: SegmentedSeries, seg: Path, sr: Path) -> None:
    """Writes a binary SEG over all slices, empty ones too, and a report with the millilitres of each class.

    Args:
        series: The series and its segmentation.
        seg: File of the SEG.
        sr: File of the report; it references the segments.

    Raises:
        DataError: The source lacks what DICOM requires.
    """
    pydicom = medical_library("pydicom")
    sources = [pydicom.dcmread(path) for path in series.files]
    for dataset in sources:
        for name in _MAY_BE_EMPTY:
            if name not in dataset:
                setattr(dataset, name, None)
    present = [index for index in range(1, len(series.names)) if (series.mask == index).any()]
    if not present:
        raise DataError("has no voxel of a class. Expected one or more for a DICOM segmentation.")
    try:
        segmentation = _segmentation(series, sources, present)
        report = _report(series, sources, present, segmentation)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        reason = " ".join(str(error).split())[:150]
        raise DataError(f"lacks what a DICOM segmentation needs ({reason}).") from error
    for path, dataset in ((seg, segmentation), (sr, report)):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".part-{path.name}")
        dataset.save_as(temporary, enforce_file_format=True)
        temporary.replace(path)


def _segmentation(series: SegmentedSeries, sources: Sequence[Any], present: Sequence[int]) -> Any:
    hd: Any = medical_library("highdicom")
    codes: Any = medical_library("pydicom.sr.codedict").codes
    algorithm = hd.AlgorithmIdentificationSequence(
        name=f"{_MODEL} {series.model[:16]}", family=codes.DCM.ArtificialIntelligence, version=__version__
    )
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=series.names[index][:_LONGEST_MEANING],
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=_code(hd, series.names[index]),
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm_identification=algorithm,
            tracking_uid=hd.UID(),
            tracking_id=series.names[index][:_LONGEST_MEANING],
        )
        for number, index in enumerate(present, 1)
    ]
    segments = np.stack([series.mask == index for index in present], 3).astype(np.uint8)
    return hd.seg.Segmentation(
        source_images=list(sources),
        pixel_array=segments,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=descriptions,
        series_instance_uid=hd.UID(),
        series_number=900,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=_NAME,
        manufacturer_model_name=_MODEL,
        software_versions=__version__,
        device_serial_number=series.model[:16] or "unknown",
        content_description=DISCLAIMER[:_LONGEST_MEANING],
        content_label="SEGMENTATION",
        content_creator_name=f"{_NAME}^",
        omit_empty_frames=False,
    )


def _report(series: SegmentedSeries, sources: Sequence[Any], present: Sequence[int], segmentation: Any) -> Any:
    hd: Any = medical_library("highdicom")
    codes: Any = medical_library("pydicom.sr.codedict").codes
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=hd.UID(), name=_NAME, manufacturer_name=_NAME, model_name=_MODEL, serial_number=series.model[:16] or None
    )
    observer = hd.sr.ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    groups = [
        hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(
                uid=segmentation.SegmentSequence[number - 1].TrackingUID, identifier=series.names[index][:64]
            ),
            referenced_segment=hd.sr.ReferencedSegment.from_segmentation(segmentation, segment_number=number),
            finding_type=_code(hd, series.names[index]),
            measurements=[
                hd.sr.Measurement(
                    name=codes.SCT.Volume,
                    value=float(f"{(series.mask == index).sum() * series.voxel_ml:.10g}"),
                    unit=hd.sr.CodedConcept("mL", "UCUM", "milliliter"),
                )
            ],
            qualitative_evaluations=[
                hd.sr.QualitativeEvaluation(
                    name=hd.sr.CodedConcept("NOTICE", _SCHEME, "Notice"),
                    value=hd.sr.CodedConcept("RESEARCH", _SCHEME, DISCLAIMER[:_LONGEST_MEANING]),
                )
            ],
        )
        for number, index in enumerate(present, 1)
    ]
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=observer),
        procedure_reported=hd.sr.CodedConcept("SEGMENT", _SCHEME, "Automatic segmentation"),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    return hd.sr.Comprehensive3DSR(
        evidence=[*sources, segmentation],
        content=content[0],
        series_instance_uid=hd.UID(),
        series_number=901,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=_NAME,
        is_complete=True,
        is_final=False,
    )


def _code(hd: Any, name: str) -> Any:
    """Returns a private code for the name of a class; long names get a digest as value."""
    value = name if len(name) <= _LONGEST_VALUE else hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
    return hd.sr.CodedConcept(value, _SCHEME, name[:_LONGEST_MEANING])
