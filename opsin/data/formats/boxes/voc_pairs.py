"""Pairing of Pascal VOC's .xml files with images: by the name of the file itself, then by its <filename>."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath

from ...images import FileImages
from ..image_names import ImageNames
from ..scan import FolderListing, count, some
from .location import is_of_size

_Named = tuple[str, tuple[int, int] | None]
"""<filename>, and the stated height and width."""


@dataclass(frozen=True)
class VocPairs:
    """The image of each annotation file, and notes."""

    images: dict[str, str]
    notes: list[str]


def pair_images(listing: FolderListing, named: Mapping[str, _Named]) -> VocPairs:
    """Pairs annotation files with images.

    The image with the name of the annotation file is taken; <filename> is often stale, as images are renamed or copied
    with their files. Without such an image, the one in <filename> is taken, unless it belongs to another file. When
    both exist, the stated size decides if it fits one of them only.

    Args:
        listing: The files of the folder.
        named: <filename> and size by path of the annotation file.

    Returns:
        The pairs, each image once; notes on stale and missing names.
    """
    names = ImageNames(listing.images)
    files = FileImages(listing.folder)
    images: dict[str, str] = {}
    stale: list[str] = []
    others: dict[str, list[str]] = {}
    taken: set[str] = set()
    for path, (text, size) in named.items():
        folder, _, name = path.rpartition("/")
        own = names.candidates(name.rpartition(".")[0], folder)
        given = names.candidates(text, folder) if text else []
        own = [one for one in own if one in given] or own
        if len(own) > 1 and size is not None:
            own = [one for one in own if is_of_size(files, one, size)]
        if len(own) == 1 and given and own[0] not in given and size is not None:
            fitting = [one for one in given if is_of_size(files, one, size)]
            own = fitting if len(fitting) == 1 and not is_of_size(files, own[0], size) else own
        if len(own) != 1:
            others[path] = given
        elif own[0] not in taken:
            images[path] = own[0]
            taken.add(own[0])
            if text and own[0] not in given:
                stale.append(f"{path} ({PureWindowsPath(text).name[:60]})")
        else:
            others[path] = []
    missing: list[str] = []
    second: list[str] = []
    for path, given in others.items():
        if len(given) == 1 and given[0] not in taken:
            images[path] = given[0]
            taken.add(given[0])
        elif given and taken.issuperset(given):
            second.append(f"{path} ({given[0]})")
        else:
            missing.append(path)
    notes = names.note()
    if stale:
        notes.append(
            f"{count(stale, 'annotation file')} with another image in <filename>, the one with the name of the file is "
            f"used: {some(stale, 3)}"
        )
    if second:
        notes.append(f"{count(second, 'annotation file')} of an image that has another, left out: {some(second, 3)}")
    if missing:
        notes.append(f"{count(missing, 'annotation file')} without an image left out: {some(missing)}")
    return VocPairs(images, notes)
