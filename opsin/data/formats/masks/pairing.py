"""Which mask belongs to which image, told by folders such as images/ and masks/ and by names such as cat_mask.png."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from opsin.core import DataError

from ..scan import FolderListing, count, some
from ..split_names import split_name

_IMAGES = "images?|imgs?|inputs?|jpegimages|pictures|photos"
_MASKS = "masks?|labels?|annotations?|gt|ground_?truths?|segmentationclass|segmentations?|targets?|trimaps?"
_AROUND = r"(?:(?P<before>[a-z0-9]+)[_-])?(?:{kind})(?:[_-](?P<after>[a-z0-9]+))?"
_IMAGE_FOLDER = re.compile(_AROUND.format(kind=_IMAGES), re.IGNORECASE)
_MASK_FOLDER = re.compile(_AROUND.format(kind=_MASKS), re.IGNORECASE)
_END = r"[_\-. ](?:masks?|labels?|labelids|gt|groundtruth|seg|segmentation|annotation|target)"
_START = r"(?:mask|label|gt|seg|segmentation)[_\-. ]"
_ENDS = re.compile(f"{_END}$", re.IGNORECASE)
_STARTS = re.compile(f"^{_START}", re.IGNORECASE)
_NAMED = re.compile(rf"{_END}\.[^./]*$|(?:^|/){_START}[^/]*\.[^./]*$", re.IGNORECASE)
_IMAGE_AFFIX = re.compile(r"^(?:image|img|input)[_\-. ]|[_\-. ](?:image|img|input|sat)$", re.IGNORECASE)


@dataclass(frozen=True)
class MaskPairs:
    """Image -> its mask, and the pictures left over: images without a mask, masks without an image."""

    masks: dict[str, str]
    unpaired_images: tuple[str, ...]
    unpaired_masks: tuple[str, ...]
    by_folders: bool
    """Whether folders tell masks from images, and not their names alone."""


@dataclass(frozen=True)
class _Picture:
    is_mask: bool
    by_folder: bool
    place: str
    stem: str


def pair(paths: Iterable[str]) -> MaskPairs:
    """The pairs among pictures by their paths; DataError when an image has two masks or a mask two images."""
    images: dict[str, str] = {}
    masks: list[tuple[str, _Picture]] = []
    twice: dict[str, str] = {}
    for path, picture in _told_by_name([(path, _look(path)) for path in paths]):
        if picture.is_mask:
            masks.append((path, picture))
            continue
        key = f"{picture.place}/{picture.stem}"
        if key in images:
            twice[key] = path
        images.setdefault(key, path)
    for key, path in list(images.items()):
        place, _, stem = key.rpartition("/")
        plain = _IMAGE_AFFIX.sub("", stem)
        if plain and plain != stem:
            images.setdefault(f"{place}/{plain}", path)
    found: dict[str, str] = {}
    alone: list[str] = []
    for path, picture in masks:
        key = next((key for key in _keys(picture) if key in images), None)
        if key is None:
            alone.append(path)
            continue
        image = images[key]
        if key in twice:
            raise DataError(f"the mask {path} fits the images {image} and {twice[key]}; keep one of them")
        if image in found:
            raise DataError(f"the image {image} has the masks {found[image]} and {path}; keep one of them")
        found[image] = path
    lonely = sorted({*images.values(), *twice.values()} - set(found))
    return MaskPairs(found, tuple(lonely), tuple(alone), any(picture.by_folder for _, picture in masks))


def fits(pairs: MaskPairs) -> str | None:
    """None when there are pairs enough to be no accident, else the reason why not."""
    whole, masks, images = len(pairs.masks), len(pairs.unpaired_masks), len(pairs.unpaired_images)
    if not whole:
        what = f"{count(masks, 'mask')}, none with the name of an image" if masks else "no masks"
        return f"{what} in folders such as images/ and masks/, or called cat_mask.png beside cat.png"
    if masks > whole:
        return f"only {whole} of {whole + masks} masks have an image: {some(pairs.unpaired_masks, 2)} have none"
    if not pairs.by_folders and images > whole:
        return f"only {whole} of {whole + images} images have a mask of their name"
    return None


def mentions_masks(listing: FolderListing) -> bool:
    """Whether a folder or a name among pictures says that it is of masks; much sooner known than pairs."""
    return any(_folder(place)[0] for place in listing.image_folders) or any(
        _NAMED.search(path) for path in listing.images
    )


def split_of(path: str) -> str | None:
    """The split that a folder on the way to `path` names, train2017 and train_images too."""
    return _split_of(path.rpartition("/")[0])


@lru_cache(1024)
def _split_of(folders: str) -> str | None:
    for folder in folders.split("/"):
        for piece in (folder, *(_kind(folder) or (False, ()))[1]):
            name = split_name(re.sub(r"\d{4}$", "", piece))
            if name is not None:
                return name
    return None


def _told_by_name(pictures: list[tuple[str, _Picture]]) -> list[tuple[str, _Picture]]:
    """Where no folder is for masks, cat_mask.png beside cat.png is a mask in a folder of images too."""
    if any(picture.is_mask and picture.by_folder for _, picture in pictures):
        return pictures
    there = {f"{picture.place}/{picture.stem}" for _, picture in pictures}
    told: list[tuple[str, _Picture]] = []
    for path, picture in pictures:
        as_mask = replace(picture, is_mask=True, by_folder=False)
        told.append((path, as_mask if there & set(_keys(as_mask)) else picture))
    return told


def _look(path: str) -> _Picture:
    """Whether it is a mask, and where it stands once the folder that says so is taken away."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    is_mask, place = _folder(folder)
    if is_mask is not None:
        return _Picture(is_mask, True, place, stem)
    by_name = _ENDS.search(stem) is not None or _STARTS.match(stem) is not None
    return _Picture(by_name, False, folder, stem)


@lru_cache(1024)
def _folder(folder: str) -> tuple[bool | None, str]:
    """Whether the folders on the way say masks (True) or images, None for neither; and the way without that one."""
    folders = folder.split("/")
    for place in reversed(range(len(folders))):
        kind = _kind(folders[place])
        if kind is not None:
            return kind[0], "/".join([*folders[:place], *kind[1], *folders[place + 1 :]])
    return None, folder


def _kind(folder: str) -> tuple[bool, tuple[str, ...]] | None:
    """Whether a folder is for masks (True) or for images, and what else its name says; None when it is for neither."""
    for is_mask, pattern in ((True, _MASK_FOLDER), (False, _IMAGE_FOLDER)):
        kind = pattern.fullmatch(folder)
        if kind is not None:
            rest = (part for part in (kind["before"], kind["after"]) if part)
            return is_mask, tuple(
                part for part in rest if not (_MASK_FOLDER.fullmatch(part) or _IMAGE_FOLDER.fullmatch(part))
            )
    return None


def _keys(mask: _Picture) -> list[str]:
    """The names that the image of a mask may have, the likeliest first."""
    stems = [mask.stem] if mask.by_folder else []
    plain = _STARTS.sub("", _ENDS.sub("", mask.stem))
    stems += [plain] if plain and plain != mask.stem else []
    return [f"{mask.place}/{stem}" for stem in stems]
