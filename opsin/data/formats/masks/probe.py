"""Recognition of masks by their pixels, where the names of folders do not indicate them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ..scan import FolderListing
from ..split_names import split_name
from .names import Role
from .pixel_values import IndexedMask, read_mask

_SAMPLES = 6
_MOST_FOLDERS = 6
_MOST_VALUES = 64
_MOST_MASK_VALUES = 32
_MOST_LOSSY_VALUES = 12
_MIN_FLAT = 0.85
_MIN_SHARED = 0.8
_MIN_IOU = 0.9
_MIN_COVERED = 0.97


def look_like_masks(files: FileImages, paths: Sequence[str]) -> bool:
    """Returns True when files have few values or large areas of one value, as masks do and photographs do not.

    Args:
        files: Reader of the files.
        paths: Paths of the files, of which a few are read.
    """
    samples = _samples(files, paths)
    return bool(samples) and all(_is_flat(mask) or _has_few_values(mask, _MOST_VALUES) for mask in samples)


def roles_by_content(listing: FolderListing, files: FileImages) -> dict[str, Role]:
    """Finds a folder of masks next to folders of images with the same names, such as x/1.jpg and y/1.png.

    Args:
        listing: The files of the folder.
        files: Reader of the files.

    Returns:
        The role by name of a folder; empty when no folder is of masks, or more than one.
    """
    names = {name for folder in listing.image_folders for name in folder.split("/") if not split_name(name)} - {""}
    if not 2 <= len(names) <= _MOST_FOLDERS:
        return {}
    paths: dict[str, dict[str, str]] = defaultdict(dict)
    for path in listing.images:
        parts = path.split("/")
        name = next((part for part in reversed(parts[:-1]) if part in names), "")
        rest = "/".join([part for part in parts[:-1] if part != name] + [parts[-1].rpartition(".")[0]])
        paths[name][rest] = path
    paths.pop("", None)
    stems = {name: found.keys() for name, found in paths.items()}
    twins = {
        name
        for name in stems
        if len(stems[name] & set().union(*(stems[other] for other in stems if other != name)))
        >= _MIN_SHARED * len(stems[name])
    }
    masks = [name for name in twins if _are_masks(files, paths[name])]
    images = [name for name in stems if name not in masks and _are_rich(files, paths[name])]
    if len(masks) != 1 or len(images) != len(stems) - 1:
        return {}
    roles: dict[str, Role] = {name: "image" for name in images}
    roles[masks[0]] = "mask"
    return roles


def are_fields_of_view(files: FileImages, fields: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Returns True when masks are nearly equal in all images, and contain the other masks of the same images.

    Args:
        files: Reader of the files.
        fields: Mask by image, perhaps of the field of view.
        others: Another mask by image.
    """
    common = sorted(fields.keys() & others.keys())[:_SAMPLES]
    first: np.ndarray | None = None
    for image in common:
        try:
            field, other = (read_mask(files.read(paths[image])).as_colours() > 0x7F7F7F for paths in (fields, others))
        except DataError:
            return False
        first = field if first is None else first
        if field.shape != first.shape or field.shape != other.shape or not field.any():
            return False
        if (field & first).sum() < _MIN_IOU * (field | first).sum() or (other & ~field).sum() > 0.05 * other.sum():
            return False
        if field.sum() < 1.5 * other.sum():
            return False
    return bool(common)


def _samples(files: FileImages, paths: Sequence[str]) -> list[IndexedMask]:
    masks: list[IndexedMask] = []
    chosen = sorted(paths)
    for place in np.unique(np.linspace(0, len(chosen) - 1, min(len(chosen), _SAMPLES)).round().astype(int)):
        try:
            masks.append(read_mask(files.read(chosen[place])))
        except DataError:
            continue
    return masks


def _values(mask: IndexedMask) -> set[int]:
    """Returns the distinct values; of a JPEG, which changes values, the coarse ones that cover nearly all pixels."""
    if not mask.lossy:
        return set(np.unique(mask.values).tolist())
    coarse = mask.values.astype(np.int64) & 0xC0C0C0 if mask.mode == "colour" else mask.values.astype(np.int64) >> 3
    values, counts = np.unique(coarse, return_counts=True)
    order = np.argsort(-counts)
    covering = int(np.searchsorted(np.cumsum(counts[order]), _MIN_COVERED * counts.sum())) + 1
    return set(values[order][:covering].tolist())


def _has_few_values(mask: IndexedMask, most: int) -> bool:
    return len(_values(mask)) <= (min(most, _MOST_LOSSY_VALUES) if mask.lossy else most)


def _is_flat(mask: IndexedMask) -> bool:
    values = mask.values
    return values.shape[1] > 1 and float((values[:, 1:] == values[:, :-1]).mean()) >= _MIN_FLAT


def _are_masks(files: FileImages, paths: Mapping[str, str]) -> bool:
    samples = _samples(files, list(paths.values()))
    values = {value for mask in samples for value in _values(mask)}
    few = all(_has_few_values(mask, _MOST_MASK_VALUES) for mask in samples)
    return bool(samples) and few and len(values) <= _MOST_MASK_VALUES


def _are_rich(files: FileImages, paths: Mapping[str, str]) -> bool:
    samples = _samples(files, list(paths.values()))
    return bool(samples) and all(len(np.unique(mask.values)) > 2 * _MOST_VALUES for mask in samples)
