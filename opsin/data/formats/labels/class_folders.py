"""Class folders: DATA/cat/1.jpg, or DATA/train/cat/1.jpg beside DATA/test/cat/2.jpg."""

from opsin.core import DataError

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import CLASSES, IDENTITIES, TargetKind
from ..scan import FolderListing, count, some
from ..split_names import split_name
from .targets import parse_classes, parse_targets


def class_folders_mismatch(listing: FolderListing) -> str | None:
    """None when images lie in two or more folders that can be classes, else the reason why not."""
    splits = _split_folders(listing)
    deep = 2 if splits else 1
    classes = {folders[deep - 1] for folders in _folders(listing) if len(folders) >= deep}
    tops = {folders[0] for folders in _folders(listing)}
    if not splits and tops and all(split_name(top) for top in tops):
        return f"the images lie directly in {some(sorted(tops))}"
    if len(classes) >= 2:
        return None
    if not listing.images:
        return "there are no images"
    what = f"only the class {classes.pop()}" if classes else "no folder of images"
    return f"{what}, with {count(listing.images, 'image')} in all"


def read_class_folders(listing: FolderListing, origin: str, kind: TargetKind | None = None) -> Table:
    """A row per image; its class is the folder it lies in, below the folders of the splits when there are any."""
    reason = class_folders_mismatch(listing)
    if reason is not None:
        raise DataError(
            f"{origin}: {reason}; expected a folder for each of two or more classes, such as {origin}/cat/1.jpg"
        )
    splits = _split_folders(listing)
    ids: list[str] = []
    labels: list[str] = []
    where: list[str | None] = []
    stray: list[str] = []
    deep = 2 if splits else 1
    for path in listing.images:
        parts = path.split("/", deep)
        if len(parts) <= deep:
            stray.append(path)
            continue
        ids.append(path)
        labels.append(parts[deep - 1])
        where.append(splits[parts[0]] if splits else None)
    named = kind in (None, CLASSES, IDENTITIES)
    meaning = parse_classes(labels, kind or CLASSES) if named else parse_targets({"folder": labels}, origin, kind)
    rows = make_rows(ids, meaning.values, kind=meaning.target.kind, splits=where)
    notes = list(listing.notes)
    if stray:
        notes.append(f"{count(stray, 'image')} in no class folder left out: {some(stray)}")
    if listing.others:
        notes.append(f"{count(listing.others, 'other file')} left out: {some(listing.others)}")
    return Table(rows, FileImages(listing.folder), meaning.target, origin, tuple(notes))


def _split_folders(listing: FolderListing) -> dict[str, str]:
    """Folder name -> split, when every folder at the top is one and holds class folders; else empty."""
    tops = {folders[0] for folders in _folders(listing)}
    deep = {folders[0] for folders in _folders(listing) if len(folders) >= 2}
    named = {top: name for top in tops if (name := split_name(top))}
    return named if deep and named.keys() == tops else {}


def _folders(listing: FolderListing) -> list[list[str]]:
    """The folders on the way to images, each way once; not that to images at the top."""
    return [place.split("/") for place in listing.image_folders if place]
