"""Series of a DICOM folder: which slices belong to which volume."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsin.core import DataError

from .dicom_grid import SAME_POSITION, SliceGrid, arrange
from .dicom_slices import Slice, read_header, slices_of

_MOST_NAMED = 8


@dataclass(frozen=True)
class Series:
    """Slices of one volume.

    Attributes:
        description: Modality, number of slices and description, without identifiers.
        slices: The slices, in no particular order.
        header: Header of one of the files.
        notes: Findings, one line each.
    """

    description: str
    slices: tuple[Slice, ...]
    header: Any = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def grid(self) -> SliceGrid:
        """Grid of the slices; raises DataError as `arrange`."""
        return arrange(self.slices)


def find_series(paths: Iterable[Path]) -> tuple[list[Series], list[str]]:
    """Groups DICOM files into volumes.

    Slices of one series that share positions are split by echo, kind of image, time or b-value where one of these
    gives one slice at each position.

    Args:
        paths: Files; those that are not DICOM are left out.

    Returns:
        The volumes, ordered by their first file, and notes on files that were left out.

    Raises:
        DataError: A DICOM file cannot be read, or slices cannot be assigned to a volume.
    """
    groups: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    headers: dict[tuple[str, ...], Any] = {}
    foreign, empty = list[str](), list[str]()
    for path in sorted(paths):
        try:
            dataset = read_header(path)
            if dataset is None:
                foreign.append(path.name)
                continue
            if "Rows" not in dataset and "PixelData" not in dataset:
                empty.append(path.name)
                continue
            slices = slices_of(path, dataset)
        except DataError as error:
            raise DataError(f"{path.name} {error}") from error
        uid = str(dataset.get("SeriesInstanceUID") or path.parent)
        own = (str(path),) if len(slices) > 1 else ()
        for one in slices:
            key = (uid, *one.kind, *own)
            groups[key].append(one)
            headers.setdefault(key, dataset)
    notes = [f"{len(names)} file{'s' * (len(names) > 1)} {what} left out: {', '.join(names[:3])}"
             for names, what in ((empty, "without pixels"), (foreign, "that are not DICOM")) if names]  # fmt: skip
    found = [series for key, slices in groups.items() for series in _split(slices, headers[key])]
    return found, notes


def _split(slices: Sequence[Slice], header: Any) -> list[Series]:
    """Splits slices of one series where several lie at one position."""
    if _distinct(slices):
        return [Series(_describe(header, slices), tuple(slices), header)]
    for name in slices[0].stack:
        parts = _by(slices, (name,))
        if len(parts) > 1 and all(_distinct(part) for part in parts.values()):
            return _series_of(parts, header, f"{name} ")
    parts = _by(slices, tuple(slices[0].stack))
    if len(parts) > 1 and all(_distinct(part) for part in parts.values()):
        return _series_of(parts, header, "")
    return [Series(_describe(header, slices), tuple(slices), header)]


def _series_of(parts: Mapping[tuple[str, ...], list[Slice]], header: Any, prefix: str) -> list[Series]:
    return [
        Series(
            f"{_describe(header, part)}, {prefix}{' '.join(filter(None, values))[:60] or 'not stated'}",
            tuple(part),
            header,
        )
        for values, part in parts.items()
    ]


def _by(slices: Sequence[Slice], names: Sequence[str]) -> dict[tuple[str, ...], list[Slice]]:
    parts: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    for one in slices:
        parts[tuple(one.stack[name] for name in names)].append(one)
    return parts


def _distinct(slices: Sequence[Slice]) -> bool:
    """Returns True if no two slices share a position; True where positions are unknown."""
    known = [one.position for one in slices if one.position is not None]
    places = {tuple((position / SAME_POSITION).round().tolist()) for position in known}
    return len(known) < len(slices) or len(places) == len(slices)


def _describe(header: Any, slices: Sequence[Slice]) -> str:
    text = " ".join(str(header.get("SeriesDescription") or "").split())[:40]
    size = "x".join(map(str, slices[0].size))
    parts = [str(header.get("Modality") or "unknown modality"), f"{len(slices)} of {size}", text]
    return ", ".join(filter(None, parts))


def listed(series: Sequence[Series]) -> str:
    """Returns numbered descriptions in one line.

    Args:
        series: The series.
    """
    shown = "; ".join(f"{number} ({one.description})" for number, one in enumerate(series[:_MOST_NAMED], 1))
    return shown + (f"; and {len(series) - _MOST_NAMED} more" if len(series) > _MOST_NAMED else "")
