"""Slices of DICOM files: position, orientation, spacing and rescale of each frame, from the header."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError

from .dicom_pixels import Rescale, check_declared
from .libraries import medical_library

_PLAIN_STACK = (
    "EchoNumbers",
    "EchoTime",
    "ImageType",
    "TemporalPositionIdentifier",
    "DiffusionBValue",
    "AcquisitionNumber",
)


@dataclass(frozen=True)
class Slice:
    """One frame of a DICOM file.

    Attributes:
        path: The file.
        frame: Index of the frame in the file.
        kind: Class of the object, such as CT Image Storage, and photometric interpretation.
        stack: Values by name that may distinguish volumes of one series: stack, echo, kind of image, time.
        size: (rows, columns).
        position: (3,) centre of the first pixel, in millimetres to left, posterior, superior; None where unknown.
        directions: (2, 3) direction along a row, then along a column; None where unknown.
        spacing: Distance between rows, then between columns, in millimetres; None where unknown.
        rescale: Map from stored values to values.
    """

    path: Path
    frame: int
    kind: tuple[str, str]
    stack: Mapping[str, str]
    size: tuple[int, int]
    position: np.ndarray | None
    directions: np.ndarray | None
    spacing: tuple[float, float] | None
    rescale: Rescale


def read_header(path: Path) -> Any | None:
    """Reads the header of a DICOM file without pixels; returns None for other files.

    Raises:
        DataError: It is a DICOM file that cannot be read.
    """
    pydicom = medical_library("pydicom")
    try:
        with open(path, "rb") as file:
            start = file.read(132)
        if start[128:] != b"DICM" and path.suffix.lower() not in (".dcm", ".dicom", ".ima"):
            return None
        return pydicom.dcmread(path, force=start[128:] != b"DICM", defer_size=1024)
    except OSError as error:
        raise DataError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    except Exception as error:  # damaged files raise errors of many kinds
        reason = " ".join(str(error).split())[:150] or type(error).__name__
        raise DataError(f"cannot be read as DICOM ({reason}).") from error


def slices_of(path: Path, dataset: Any) -> list[Slice]:
    """Returns the frames of a file with their geometry.

    Args:
        path: The file.
        dataset: Its header.

    Raises:
        DataError: The file has no pixels, or a value of its header is not valid.
    """
    check_declared(dataset)
    try:
        return list(_enhanced(path, dataset) if _is_enhanced(dataset) else _plain(path, dataset))
    except (TypeError, ValueError, AttributeError, IndexError, KeyError) as error:
        reason = " ".join(str(error).split())[:150]
        raise DataError(f"has a header that is not valid ({reason}).") from error


def _is_enhanced(dataset: Any) -> bool:
    return bool(dataset.get("PerFrameFunctionalGroupsSequence"))


def _plain(path: Path, dataset: Any) -> Iterator[Slice]:
    frames = max(1, int(dataset.get("NumberOfFrames") or 1))
    stack = {name: _text(dataset, name) for name in _PLAIN_STACK}
    for frame in range(frames):
        yield Slice(
            path,
            frame,
            _kind(dataset),
            stack,
            (int(dataset.Rows), int(dataset.Columns)),
            _numbers(dataset.get("ImagePositionPatient"), 3) if frames == 1 else None,
            _directions(dataset.get("ImageOrientationPatient")),
            _spacing(dataset.get("PixelSpacing")),
            _rescale(dataset),
        )


def _enhanced(path: Path, dataset: Any) -> Iterator[Slice]:
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    for number, own in enumerate(dataset.PerFrameFunctionalGroupsSequence):

        def item(name: str, own: Any = own) -> Any:
            found = own.get(name) or (shared.get(name) if shared is not None else None)
            return found[0] if found else None

        content, echo, kind = item("FrameContentSequence"), item("MREchoSequence"), item("MRImageFrameTypeSequence")
        kind = kind or item("CTImageFrameTypeSequence")
        diffusion = item("MRDiffusionSequence")
        stack = {
            "StackID": _text(content, "StackID"),
            "EffectiveEchoTime": _text(echo, "EffectiveEchoTime"),
            "FrameType": _text(kind, "FrameType"),
            "TemporalPositionIndex": _text(content, "TemporalPositionIndex"),
            "DiffusionBValue": _text(diffusion, "DiffusionBValue"),
        }
        position, orientation = item("PlanePositionSequence"), item("PlaneOrientationSequence")
        measures, transform = item("PixelMeasuresSequence"), item("PixelValueTransformationSequence")
        yield Slice(
            path,
            number,
            _kind(dataset),
            stack,
            (int(dataset.Rows), int(dataset.Columns)),
            _numbers(position.get("ImagePositionPatient"), 3) if position is not None else None,
            _directions(orientation.get("ImageOrientationPatient")) if orientation is not None else None,
            _spacing(measures.get("PixelSpacing")) if measures is not None else None,
            _rescale(transform if transform is not None else dataset),
        )


def _kind(dataset: Any) -> tuple[str, str]:
    uid = dataset.get("SOPClassUID")
    return str(getattr(uid, "name", uid) or "unknown"), _text(dataset, "PhotometricInterpretation")


def _text(item: Any, name: str) -> str:
    value = None if item is None else item.get(name)
    return "" if value is None else str(value)


def _numbers(value: Any, count: int) -> np.ndarray | None:
    if value is None or len(value) == 0:
        return None
    numbers = np.array([float(number) for number in value])
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise ValueError(f"expected {count} numbers, found {list(value)}")
    return numbers


def _directions(value: Any) -> np.ndarray | None:
    numbers = _numbers(value, 6)
    if numbers is None:
        return None
    pair = numbers.reshape(2, 3)
    lengths = np.linalg.norm(pair, axis=1)
    if np.abs(lengths - 1).max() > 1e-2 or abs(pair[0] @ pair[1]) > 1e-3:
        raise ValueError(f"ImageOrientationPatient {numbers.tolist()} is no pair of perpendicular directions")
    return pair / lengths[:, None]


def _spacing(value: Any) -> tuple[float, float] | None:
    numbers = _numbers(value, 2)
    if numbers is None:
        return None
    if not numbers.min() > 0:
        raise ValueError(f"PixelSpacing {numbers.tolist()} is not above 0")
    return float(numbers[0]), float(numbers[1])


def _rescale(item: Any) -> Rescale:
    slope, intercept = item.get("RescaleSlope"), item.get("RescaleIntercept")
    pair = 1.0 if slope is None else float(slope), 0.0 if intercept is None else float(intercept)
    if not all(math.isfinite(number) for number in pair) or pair[0] == 0:
        raise ValueError(f"RescaleSlope {pair[0]} and RescaleIntercept {pair[1]} are not valid")
    return Rescale(*pair)
