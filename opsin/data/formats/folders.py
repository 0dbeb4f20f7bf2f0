"""Class folders: DATA/cat/1.jpg, or DATA/train/cat/1.jpg beside DATA/test/cat/2.jpg."""

from opsin.core import DataError

from ..sources import FileImages
from ..table import Table, Target, make_rows
from .names import in_order, split_name
from .scan import Found, count, some


def fits_class_folders(found: Found) -> bool:
    """Whether the images lie in at least one folder that can be a class."""
    return any("/" in path for path in found.images)


def read_class_folders(found: Found, origin: str) -> Table:
    """A row per image; its class is the folder it lies in, below the folders of the splits when there are any.

    Raises DataError when there is but one class.
    """
    splits = _split_folders(found)
    ids: list[str] = []
    labels: list[str] = []
    where: list[str | None] = []
    stray: list[str] = []
    for path in found.images:
        parts = path.split("/")
        if len(parts) < (3 if splits else 2):
            stray.append(path)
            continue
        ids.append(path)
        labels.append(parts[1] if splits else parts[0])
        where.append(splits[parts[0]] if splits else None)
    names = in_order(labels)
    if len(names) < 2:
        raise DataError(
            f"{origin}: found {'one class' if names else 'no class'} ({some(names)}) with "
            f"{count(ids, 'image')}; expected a folder for each of two or more classes, such as {origin}/cat/1.jpg"
        )
    place = {name: index for index, name in enumerate(names)}
    rows = make_rows(ids, [place[label] for label in labels], kind="classes", splits=where)
    notes = list(found.notes)
    if stray:
        notes.append(f"{count(stray, 'image')} in no class folder left out: {some(stray)}")
    if found.others:
        notes.append(f"{count(found.others, 'file')} that are no images left out: {some(found.others)}")
    return Table(rows, FileImages(found.folder), Target("classes", names), origin, tuple(notes))


def _split_folders(found: Found) -> dict[str, str]:
    """Folder name -> split, when every folder at the top is one and holds class folders; else empty."""
    tops = {path.split("/")[0] for path in found.images if "/" in path}
    deep = {path.split("/")[0] for path in found.images if path.count("/") >= 2}
    named = {top: name for top in tops if (name := split_name(top))}
    return named if deep and named.keys() == tops else {}
