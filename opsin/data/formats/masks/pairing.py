"""Pairing of images and masks by folders such as images/ and masks/ and names such as cat_mask.png."""

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
_MASK_NAME = re.compile(rf"{_END}\.[^./]*$|(?:^|/){_START}[^/]*\.[^./]*$", re.IGNORECASE)
_IMAGE_AFFIX = re.compile(r"^(?:image|img|input)[_\-. ]|[_\-. ](?:image|img|input|sat)$", re.IGNORECASE)


@dataclass(frozen=True)
class MaskPairs:
    """The pairs among images and masks.

    Attributes:
        masks: Mask by image.
        unpaired_images: Images without a mask.
        unpaired_masks: Masks without an image.
        by_folders: True when masks are recognised by their folders, not by their names alone.
    """

    masks: dict[str, str]
    unpaired_images: tuple[str, ...]
    unpaired_masks: tuple[str, ...]
    by_folders: bool


@dataclass(frozen=True)
class _ParsedPath:
    is_mask: bool
    by_folder: bool
    folder: str
    stem: str


def pair_masks(paths: Iterable[str]) -> MaskPairs:
    """Pairs images with masks by their paths.

    Args:
        paths: Paths of all image files.

    Returns:
        The pairs.

    Raises:
        DataError: An image has two masks, or a mask two images.
    """
    images: dict[str, str] = {}
    masks: list[tuple[str, _ParsedPath]] = []
    duplicates: dict[str, str] = {}
    for path, parsed in _recognise_by_name([(path, _parse_path(path)) for path in paths]):
        if parsed.is_mask:
            masks.append((path, parsed))
            continue
        key = f"{parsed.folder}/{parsed.stem}"
        if key in images:
            duplicates[key] = path
        images.setdefault(key, path)
    for key, path in list(images.items()):
        folder, _, stem = key.rpartition("/")
        base = _IMAGE_AFFIX.sub("", stem)
        if base and base != stem:
            images.setdefault(f"{folder}/{base}", path)
    found: dict[str, str] = {}
    unpaired: list[str] = []
    for path, parsed in masks:
        key = next((key for key in _keys(parsed) if key in images), None)
        if key is None:
            unpaired.append(path)
            continue
        image = images[key]
        if key in duplicates:
            raise DataError(f"the mask {path} fits the images {image} and {duplicates[key]}. Fix: remove one of them.")
        if image in found:
            raise DataError(f"the image {image} has the masks {found[image]} and {path}. Fix: remove one of them.")
        found[image] = path
    unpaired_images = sorted({*images.values(), *duplicates.values()} - set(found))
    return MaskPairs(found, tuple(unpaired_images), tuple(unpaired), any(parsed.by_folder for _, parsed in masks))


def pairs_mismatch(pairs: MaskPairs) -> str | None:
    """Checks if there are enough pairs to not be accidental.

    Args:
        pairs: The pairs.

    Returns:
        None when there are, else the reason.
    """
    paired, masks, images = len(pairs.masks), len(pairs.unpaired_masks), len(pairs.unpaired_images)
    if not paired:
        problem = f"{count(masks, 'mask')}, none with the name of an image" if masks else "no masks"
        return f"{problem} in folders such as images/ and masks/, or names such as cat_mask.png next to cat.png"
    if masks > paired:
        return f"only {paired} of {paired + masks} masks have an image: {some(pairs.unpaired_masks, 2)} have none"
    if not pairs.by_folders and images > paired:
        return f"only {paired} of {paired + images} images have a mask with their name"
    return None


def mentions_masks(listing: FolderListing) -> bool:
    """Checks if any folder or file has the name of masks; much faster than pairing.

    Args:
        listing: The files of the folder.
    """
    return any(_folder(folder)[0] for folder in listing.image_folders) or any(
        _MASK_NAME.search(path) for path in listing.images
    )


def split_of(path: str) -> str | None:
    """Returns the split by the folders of a path, also from train2017 and train_images.

    Args:
        path: Path of a file.

    Returns:
        The split; None without one.
    """
    return _split_of(path.rpartition("/")[0])


@lru_cache(1024)
def _split_of(folders: str) -> str | None:
    for folder in folders.split("/"):
        for part in (folder, *(_kind(folder) or (False, ()))[1]):
            name = split_name(re.sub(r"\d{4}$", "", part))
            if name is not None:
                return name
    return None


def _recognise_by_name(parsed_paths: list[tuple[str, _ParsedPath]]) -> list[tuple[str, _ParsedPath]]:
    """Recognises cat_mask.png next to cat.png as a mask also in folders of images, when no folder is for masks."""
    if any(parsed.is_mask and parsed.by_folder for _, parsed in parsed_paths):
        return parsed_paths
    existing = {f"{parsed.folder}/{parsed.stem}" for _, parsed in parsed_paths}
    recognised: list[tuple[str, _ParsedPath]] = []
    for path, parsed in parsed_paths:
        as_mask = replace(parsed, is_mask=True, by_folder=False)
        recognised.append((path, as_mask if existing & set(_keys(as_mask)) else parsed))
    return recognised


def _parse_path(path: str) -> _ParsedPath:
    """Parses a path: mask or image, and the folder without the part that indicates it."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    is_mask, other_folders = _folder(folder)
    if is_mask is not None:
        return _ParsedPath(is_mask, True, other_folders, stem)
    by_name = _ENDS.search(stem) is not None or _STARTS.match(stem) is not None
    return _ParsedPath(by_name, False, folder, stem)


@lru_cache(1024)
def _folder(folder: str) -> tuple[bool | None, str]:
    """Returns True for folders of masks, False for images, None for neither; and the path without that folder."""
    folders = folder.split("/")
    for index in reversed(range(len(folders))):
        kind = _kind(folders[index])
        if kind is not None:
            return kind[0], "/".join([*folders[:index], *kind[1], *folders[index + 1 :]])
    return None, folder


def _kind(folder: str) -> tuple[bool, tuple[str, ...]] | None:
    """Returns True for a folder of masks, False for images, with the other parts of its name; None for neither."""
    for is_mask, pattern in ((True, _MASK_FOLDER), (False, _IMAGE_FOLDER)):
        kind = pattern.fullmatch(folder)
        if kind is not None:
            rest = (part for part in (kind["before"], kind["after"]) if part)
            return is_mask, tuple(
                part for part in rest if not (_MASK_FOLDER.fullmatch(part) or _IMAGE_FOLDER.fullmatch(part))
            )
    return None


def _keys(mask: _ParsedPath) -> list[str]:
    """Returns the possible keys of the image of a mask, the most likely first."""
    stems = [mask.stem] if mask.by_folder else []
    base = _STARTS.sub("", _ENDS.sub("", mask.stem))
    stems += [base] if base and base != mask.stem else []
    return [f"{mask.folder}/{stem}" for stem in stems]
