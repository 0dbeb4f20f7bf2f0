"""Folders of images and masks: images/cat.png with masks/cat.png, or cat.png with cat_mask.png."""

from pathlib import PurePosixPath

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import INSTANCES, MASKS, TargetKind
from ..reader import FormatMatch, Ways
from ..scan import FolderListing, count, some
from .class_names import FILES, read_class_names
from .mask_files import mask_table, meaning_of_masks
from .mask_yaml import mask_config_ways
from .object_folders import object_folders_fit
from .pairing import Pairs, any_mask, fits, pair, split_of

_VOC_LISTS = "ImageSets/Segmentation/"


def mask_folder_ways(found: FolderListing) -> Ways:
    """Images and masks in folders of their own, also below the folders of splits, or side by side by their names.

    A .yaml that says which folders these are, and what the classes are called, goes before what the names say.
    """
    configs, why = mask_config_ways(found)
    if configs:
        return configs, ""
    if not any_mask(found):
        return [], "; ".join(
            part
            for part in ("no masks in folders such as images/ and masks/, nor by names such as cat_mask.png", why)
            if part
        )
    if object_folders_fit(found):
        return [], "masks lie in a folder for each image"
    try:
        pairs = pair(found.images)
    except DataError as error:
        problem = str(error)

        def refuse(origin: str, kind: TargetKind | None) -> Table:
            raise DataError(f"{origin}: {problem}")

        return [FormatMatch("images with masks", (), (MASKS, INSTANCES), refuse)], ""
    reason = fits(pairs)
    if reason is not None:
        return [], "; ".join(part for part in (reason, why) if part)

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(found, pairs, origin, kind)

    kinds = (MASKS,) if _names_file(found) else (MASKS, INSTANCES)
    return [FormatMatch(f"{count(pairs.masks, 'image')} with masks", (), kinds, read)], ""


def _read(found: FolderListing, pairs: Pairs, origin: str, kind: TargetKind | None) -> Table:
    files = FileImages(found.folder)
    notes = list(found.notes)
    path = _names_file(found)
    names = read_class_names(found.folder / path, path) if path else None
    splits = {image: split_of(image) or split_of(mask) for image, mask in pairs.masks.items()}
    listed = _voc_splits(found, files)
    if listed:
        splits = {image: listed.get(PurePosixPath(image).stem) for image in pairs.masks}
    paths = {image: pairs.masks[image] for image in sorted(pairs.masks)}
    if pairs.images_alone:
        notes.append(f"{count(pairs.images_alone, 'image')} without a mask left out: {some(pairs.images_alone)}")
    if pairs.masks_alone:
        notes.append(f"{count(pairs.masks_alone, 'mask')} without an image left out: {some(pairs.masks_alone)}")
    others = [name for name in found.others if name != path and not (listed and name.startswith(_VOC_LISTS))]
    if others:
        notes.append(f"{count(others, 'other file')} left out: {some(others)}")
    try:
        meaning, seen = meaning_of_masks(files, paths, names, kind)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    return mask_table(files, paths, [splits[image] for image in paths], origin, meaning, [*notes, *seen])


def _names_file(found: FolderListing) -> str | None:
    """The file that names the classes, the one nearest to the top."""
    named = [path for path in found.others if path.rpartition("/")[2].lower() in FILES]
    return min(named, key=lambda path: (path.count("/"), path), default=None)


def _voc_splits(found: FolderListing, files: FileImages) -> dict[str, str]:
    """Stem -> split by the lists that Pascal VOC keeps; "trainval" names none."""
    splits: dict[str, str] = {}
    for path in found.others:
        folder, _, name = path.rpartition("/")
        split = split_of(f"{PurePosixPath(name).stem}/x")
        if f"{folder}/".endswith(_VOC_LISTS) and split is not None and path.endswith(".txt"):
            for line in files.read(path).decode("utf-8", "replace").splitlines():
                if line.split():
                    splits.setdefault(line.split()[0], split)
    return splits
