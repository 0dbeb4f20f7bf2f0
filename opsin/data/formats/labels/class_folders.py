"""Reader of class folders: DATA/cat/1.jpg, or DATA/train/cat/1.jpg with DATA/test/cat/2.jpg."""

from opsin.core import DataError

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import CLASSES, IDENTITIES, TargetKind
from ..scan import FolderListing, count, some
from ..split_names import split_name
from .targets import parse_classes, parse_targets


def class_folders_mismatch(listing: FolderListing) -> str | None:
    """Checks if images are in two or more folders that can be classes.

    Args:
        listing: The files of the folder.

    Returns:
        None when they are, else the reason.
    """
    splits = _split_folders(listing)
    depth = 2 if splits else 1
    classes = {folders[depth - 1] for folders in _folders(listing) if len(folders) >= depth}
    tops = {folders[0] for folders in _folders(listing)}
    if not splits and tops and all(split_name(top) for top in tops):
        return f"the images are directly in {some(sorted(tops))}"
    if len(classes) >= 2:
        return None
    if not listing.images:
        return "there are no images"
    found = f"only the class {classes.pop()}" if classes else "no folder of images"
    return f"{found}, with {count(listing.images, 'image')} in all"


def read_class_folders(listing: FolderListing, origin: str, kind: TargetKind | None = None) -> Table:
    """Reads class folders, which may be inside folders of splits.

    Args:
        listing: The files of the folder.
        origin: Name of the data set in messages.
        kind: Kind of target; None for classes.

    Returns:
        A table with a row per image.

    Raises:
        DataError: The folders are not classes, or their names are not of this kind.
    """
    reason = class_folders_mismatch(listing)
    if reason is not None:
        raise DataError(
            f"{origin}: {reason}. Expected a folder for each of two or more classes, such as {origin}/cat/1.jpg."
        )
    splits = _split_folders(listing)
    ids: list[str] = []
    labels: list[str] = []
    split_of_row: list[str | None] = []
    unlabelled: list[str] = []
    depth = 2 if splits else 1
    for path in listing.images:
        parts = path.split("/", depth)
        if len(parts) <= depth:
            unlabelled.append(path)
            continue
        ids.append(path)
        labels.append(parts[depth - 1])
        split_of_row.append(splits[parts[0]] if splits else None)
    named = kind in (None, CLASSES, IDENTITIES)
    parsed = parse_classes(labels, kind or CLASSES) if named else parse_targets({"folder": labels}, origin, kind)
    rows = make_rows(ids, parsed.values, kind=parsed.target.kind, splits=split_of_row)
    notes = list(listing.notes)
    if unlabelled:
        notes.append(f"{count(unlabelled, 'image')} outside of class folders left out: {some(unlabelled)}")
    if listing.others:
        notes.append(f"{count(listing.others, 'other file')} left out: {some(listing.others)}")
    return Table(rows, FileImages(listing.folder), parsed.target, origin, tuple(notes))


def _split_folders(listing: FolderListing) -> dict[str, str]:
    """Returns the split by folder when all top-level folders are splits, with class folders inside; else empty."""
    tops = {folders[0] for folders in _folders(listing)}
    with_classes = {folders[0] for folders in _folders(listing) if len(folders) >= 2}
    named = {top: name for top in tops if (name := split_name(top))}
    return named if with_classes and named.keys() == tops else {}


def _folders(listing: FolderListing) -> list[list[str]]:
    """Returns the parts of the path of each folder with images, except the top level."""
    return [folder.split("/") for folder in listing.image_folders if folder]
