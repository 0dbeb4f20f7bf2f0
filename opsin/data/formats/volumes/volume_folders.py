"""Reader of NIfTI volumes and masks paired by name: images/case.nii.gz with labels/case.nii.gz."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from opsin.core import DataError
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import VOLUME_MASKS, Target, TargetKind
from ..masks.class_names import FILES, read_class_names
from ..masks.pairing import MaskPairs, mentions_masks, pair_masks, pairs_mismatch, split_of
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from .nifti import is_nifti, read_nifti
from .subjects import subjects_of
from .volume_files import FileVolumeMasks, FileVolumes, label_values

_INSPECTED = 200
BACKGROUND = "background"


@dataclass(frozen=True)
class Labels:
    """Names of the classes of masks, and the class index of each value."""

    names: tuple[str, ...]
    classes: Mapping[int, int]

    @classmethod
    def of(cls, names: Mapping[int, str]) -> "Labels":
        """Returns a class for each value, in ascending order of the values."""
        values = sorted(names)
        return cls(tuple(names[value] for value in values), {value: index for index, value in enumerate(values)})


def match_volume_folders(listing: FolderListing) -> FormatMatches:
    """Matches NIfTI volumes and masks in separate folders, or in one folder by their names.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    named = {_without_ending(path): path for path in listing.others if is_nifti(path)}
    if not named:
        return [], "no .nii or .nii.gz files"
    short = FolderListing(listing.folder, tuple(sorted(named)), (), ())
    if not mentions_masks(short):
        return [], "no masks in folders such as images/ and labels/, or with names such as case_seg.nii.gz"
    try:
        pairs = pair_masks(short.images)
    except DataError as error:
        message = str(error)

        def refuse(origin: str, kind: TargetKind | None) -> Table:
            raise DataError(f"{origin}: {message}")

        return [FormatMatch("volumes with masks", (), (VOLUME_MASKS,), refuse)], ""
    reason = pairs_mismatch(pairs)
    if reason is not None:
        return [], reason

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, pairs, named, origin)

    return [FormatMatch(f"{count(pairs.masks, 'volume')} with masks", (), (VOLUME_MASKS,), read)], ""


def _read(listing: FolderListing, pairs: MaskPairs, named: Mapping[str, str], origin: str) -> Table:
    paths = {named[image]: named[mask] for image, mask in sorted(pairs.masks.items())}
    splits = [split_of(image) or split_of(mask) for image, mask in paths.items()]
    notes = list(listing.notes)
    for unpaired, what in ((pairs.unpaired_images, "a mask"), (pairs.unpaired_masks, "a volume")):
        if unpaired:
            notes.append(f"{count(unpaired, 'file')} without {what} left out: {some([named[one] for one in unpaired])}")
    listed = next((path for path in listing.others if path.rpartition("/")[2].lower() in FILES), None)
    labels = None
    if listed is not None:
        named_classes = {0: BACKGROUND, **read_class_names(listing.folder / listed, listed).names}
        labels = Labels.of(named_classes)
    channels = {image: (image,) for image in paths}
    return volume_table(FileImages(listing.folder), channels, paths, splits, origin, labels, notes)


def volume_table(
    files: FileImages,
    channels: Mapping[str, Sequence[str]],
    masks: Mapping[str, str],
    splits: Sequence[str | None],
    origin: str,
    labels: Labels | None,
    notes: Sequence[str],
) -> Table:
    """Builds a table of volumes with masks.

    Args:
        files: Folder of the files.
        channels: Paths of the channels by the id of the volume.
        masks: Path of the mask by the id of the volume.
        splits: Split of each volume, in the order of `masks`.
        origin: Name of the data set in messages.
        labels: Names of the classes, and the class of each value. Default: background, label 1, label 2, ... as found
            in the masks.
        notes: Notes for the table.

    Returns:
        The table.

    Raises:
        DataError: The values of the masks are not valid.
    """
    volumes = FileVolumes(files, channels)
    more = list[str]()
    if labels is None:
        found, more = _values_of(files, list(masks.values()), origin)
        labels = Labels.of({value: f"label {value}" if value else BACKGROUND for value in found})
    if len(labels.names) > MOST_CLASSES_IN_MASK:
        raise DataError(f"{origin} has {len(labels.names)} classes. Expected at most {MOST_CLASSES_IN_MASK}.")
    groups, about = subjects_of(files, list(masks), volumes)
    rows = make_rows(masks, masks.values(), kind=VOLUME_MASKS, groups=groups, splits=splits)
    source = FileVolumeMasks(files, masks, labels.classes, volumes)
    return Table(rows, volumes, Target(VOLUME_MASKS, labels.names), origin, (*notes, *more, *about), masks=source)


def _values_of(files: FileImages, paths: Sequence[str], origin: str) -> tuple[list[int], list[str]]:
    """Returns the values of the masks in ascending order, 0 included, and notes."""
    found = {0}
    error: DataError | None = None
    rows: list[int] = np.unique(np.linspace(0, len(paths) - 1, _INSPECTED).astype(int)).tolist()
    chosen = [paths[row] for row in rows]
    for path in chosen:
        try:
            found |= set(np.unique(label_values(read_nifti(files.path(path)))).tolist())
        except DataError as one:
            error = DataError(f"{path} {one}")
    if len(found) < 2:
        raise DataError(f"{origin}: masks have no value but 0{f' ({error})' if error else ''}. Expected classes.")
    inspected = (
        [] if len(chosen) == len(paths) else [f"the values of {len(chosen)} of {len(paths)} masks were inspected"]
    )
    return sorted(found), inspected


def _without_ending(path: str) -> str:
    """Returns the path with the ending .nii, so that the name has one suffix.

    Examples:
        >>> _without_ending("labels/case_1.nii.gz")
        'labels/case_1.nii'
    """
    pure = PurePosixPath(path)
    return str(pure.with_suffix("")) if pure.suffix.lower() == ".gz" else path
