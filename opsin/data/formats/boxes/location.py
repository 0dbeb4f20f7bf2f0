"""Location of the images that an annotation file names: in the folder of the data set, or else next to it."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from opsin.core import DataError

from ...images import FileImages
from ..exif import read_size
from ..image_names import ImageNames
from ..masks.pairing import split_of
from ..scan import FolderListing, count, scan, some

_MOST_PROBED = 20
_IMAGE_FOLDER = re.compile("images?|imgs?|jpegimages|pictures|photos|frames", re.IGNORECASE)
_ANNOTATION_FOLDER = re.compile(
    r"(?:.+[_-])?(?:annotations?|labels?|gt|ground_?truths?|bbox(?:es)?|boxes|jsons?|csvs?|xmls?)(?:[_-].+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NamedImage:
    """An image as an annotation file names it.

    Attributes:
        text: Its name or path in the file.
        near: Folder of the file, to choose between equal names.
        size: Height and width in the file, None when it does not state them.
        folder: Usual name of the folder of the images of such a file, such as train2017.
    """

    text: str
    near: str = ""
    size: tuple[int, int] | None = None
    folder: str = ""

    @property
    def path(self) -> str:
        """The text, with the usual folder when it has none."""
        return f"{self.folder}/{self.text}" if self.folder and "/" not in self.text else self.text


@dataclass(frozen=True)
class Located:
    """Where images are: their folder, the path of each within it (None: missing), and notes."""

    root: Path
    paths: list[str | None]
    notes: list[str]


def locate_images(listing: FolderListing, named: Sequence[NamedImage], source: str) -> Located:
    """Finds images in the folder of an annotation file; without any image there, next to that folder.

    Next to it, only images in folders for images (images/, train2017/), in folders that the file names, or next to a
    folder for annotations are taken, and only of the stated size: other data sets have equal names.

    Args:
        listing: The files of the folder.
        named: The images.
        source: Name of the annotation file in notes.

    Returns:
        The paths of the images, and notes on the missing ones.
    """
    images = listing.images or scan(listing.folder).images
    if images:
        names = ImageNames(images)
        files = FileImages(listing.folder)
        paths = [_one_of_size(files, names.candidates(one.path, one.near), one.size) for one in named]
        return Located(listing.folder, paths, [*names.note(), *_missing(names, named, paths, source)])
    folder = Path(os.path.realpath(listing.folder))
    root = folder.parent
    names = ImageNames(scan(root).images)
    files = FileImages(root)
    paths = []
    refused: list[str] = []
    for one in named:
        found = _one_of_size(files, names.candidates(one.path, f"{folder.name}/{one.near}".rstrip("/")), one.size)
        if found is not None and not _belongs(found, one, folder.name):
            refused.append(found)
            found = None
        paths.append(found)
    kept = [path for path in paths if path is not None]
    if kept and not _sizes_agree(files, named, paths):
        return Located(
            folder,
            [None] * len(paths),
            [f"images next to the folder have other sizes than in {source}, not used: {some(kept, 2)}"],
        )
    notes = [*names.note(), *_missing(names, named, paths, source)]
    if kept:
        tops = sorted({path.split("/")[0] if "/" in path else "." for path in kept})
        notes.append(f"images taken from {some(tops)}, next to the folder {folder.name}")
    elif refused:
        notes.append(
            f"images with these names next to the folder may be of another data set: {some(refused, 2)}. Fix: name the "
            "folder that contains both"
        )
    return Located(root if kept else folder, paths, notes)


def _belongs(path: str, named: NamedImage, folder: str) -> bool:
    """Returns True when an image next to a folder belongs to its annotations by the names of its folders."""
    if "/" not in path:
        return True
    parts = path.split("/")
    given = named.text.replace("\\", "/").split("/")[:-1]
    if parts[0] in given or _IMAGE_FOLDER.fullmatch(parts[0]) or split_of(f"{parts[0]}/x") is not None:
        return True
    return len(parts) == 2 and _ANNOTATION_FOLDER.fullmatch(folder) is not None


def _one_of_size(files: FileImages, candidates: list[str], size: tuple[int, int] | None) -> str | None:
    """Returns the only candidate, or the only one of the stated size."""
    if len(candidates) > 1 and size is not None:
        candidates = [path for path in candidates[:_MOST_PROBED] if is_of_size(files, path, size)]
    return candidates[0] if len(candidates) == 1 else None


def is_of_size(files: FileImages, path: str, size: tuple[int, int]) -> bool:
    """Checks if an image has a size, upright or as stored.

    Args:
        files: The images.
        path: Path of the image.
        size: Height and width.
    """
    try:
        found = read_size(files, path)
    except DataError:
        return False
    return size in (found.upright, found.stored)


def _sizes_agree(files: FileImages, named: Sequence[NamedImage], paths: Sequence[str | None]) -> bool:
    """Returns True unless most of the first images have another size than stated."""
    stated = [
        (path, one.size) for one, path in zip(named, paths, strict=True) if path is not None and one.size is not None
    ][:_MOST_PROBED]
    agreeing = sum(is_of_size(files, path, size) for path, size in stated)
    return 2 * agreeing >= len(stated)


def _missing(names: ImageNames, named: Sequence[NamedImage], paths: Sequence[str | None], source: str) -> list[str]:
    """Returns notes on missing images, on images of the same name in another format, and on ambiguous names."""
    missing = [one for one, path in zip(named, paths, strict=True) if path is None]
    if not missing:
        return []
    notes = [f"{count(missing, 'image')} of {source} missing: {some([one.text for one in missing])}"]
    other = [found[0] for one in missing[:1000] if (found := names.same_stem(one.text))]
    if other:
        notes.append(
            f"{count(other, 'image')} with the same name but of another format, not used: {some(other, 2)}. Fix: write "
            f"these endings into {source} if they are the same pictures"
        )
    several = [one.text for one in missing[:1000] if len(names.candidates(one.path, one.near)) > 1]
    if several:
        notes.append(f"{count(several, 'name')} of {source} fit several images: {some(several, 2)}")
    return notes
