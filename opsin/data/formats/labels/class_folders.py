"""Class folders: DATA/cat/1.jpg, or DATA/train/cat/1.jpg beside DATA/test/cat/2.jpg."""

from opsin.core import DataError

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import CLASSES, IDENTITIES, TargetKind
from ..scan import FolderListing, count, some
from ..split_names import split_name
from .targets import classes_of, meaning_of


def class_folders_fit(found: FolderListing) -> str | None:
    """None when images lie in two or more folders that can be classes, else the reason why not."""
    splits = _split_folders(found)
    deep = 2 if splits else 1
    classes = {folders[deep - 1] for folders in _folders(found) if len(folders) >= deep}
    tops = {folders[0] for folders in _folders(found)}
    if not splits and tops and all(split_name(top) for top in tops):
        return f"the images lie directly in {some(sorted(tops))}"
    if len(classes) >= 2:
        return None
    if not found.images:
        return "there are no images"
    what = f"only the class {classes.pop()}" if classes else "no folder of images"
    return f"{what}, with {count(found.images, 'image')} in all"


def read_class_folders(found: FolderListing, origin: str, kind: TargetKind | None = None) -> Table:
    """A row per image; its class is the folder it lies in, below the folders of the splits when there are any."""
    reason = class_folders_fit(found)
    if reason is not None:
        raise DataError(
            f"{origin}: {reason}; expected a folder for each of two or more classes, such as {origin}/cat/1.jpg"
        )
    splits = _split_folders(found)
    ids: list[str] = []
    labels: list[str] = []
    where: list[str | None] = []
    stray: list[str] = []
    deep = 2 if splits else 1
    for path in found.images:
        parts = path.split("/", deep)
        if len(parts) <= deep:
            stray.append(path)
            continue
        ids.append(path)
        labels.append(parts[deep - 1])
        where.append(splits[parts[0]] if splits else None)
    named = kind in (None, CLASSES, IDENTITIES)
    meaning = classes_of(labels, kind or CLASSES) if named else meaning_of({"folder": labels}, origin, kind)
    rows = make_rows(ids, meaning.values, kind=meaning.target.kind, splits=where)
    notes = list(found.notes)
    if stray:
        notes.append(f"{count(stray, 'image')} in no class folder left out: {some(stray)}")
    if found.others:
        notes.append(f"{count(found.others, 'other file')} left out: {some(found.others)}")
    return Table(rows, FileImages(found.folder), meaning.target, origin, tuple(notes))


def _split_folders(found: FolderListing) -> dict[str, str]:
    """Folder name -> split, when every folder at the top is one and holds class folders; else empty."""
    tops = {folders[0] for folders in _folders(found)}
    deep = {folders[0] for folders in _folders(found) if len(folders) >= 2}
    named = {top: name for top in tops if (name := split_name(top))}
    return named if deep and named.keys() == tops else {}


def _folders(found: FolderListing) -> list[list[str]]:
    """The folders on the way to images, each way once; not that to images at the top."""
    return [place.split("/") for place in found.places if place]
