"""Folders of images and masks: images/cat.png with masks/cat.png, or cat.png with cat_mask.png."""

from pathlib import PurePosixPath

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import INSTANCES, MASKS, TargetKind
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from .class_names import FILES, read_class_names
from .mask_files import infer_mask_meaning, mask_table
from .mask_yaml import match_mask_yaml
from .object_folders import is_object_folders
from .pairing import MaskPairs, fits, mentions_masks, pair, split_of

_VOC_LISTS = "ImageSets/Segmentation/"


def match_mask_folders(listing: FolderListing) -> FormatMatches:
    """Images and masks in folders of their own, also below the folders of splits, or side by side by their names.

    A .yaml that says which folders these are, and what the classes are called, goes before what the names say.
    """
    configs, why = match_mask_yaml(listing)
    if configs:
        return configs, ""
    if not mentions_masks(listing):
        return [], "; ".join(
            part
            for part in ("no masks in folders such as images/ and masks/, nor by names such as cat_mask.png", why)
            if part
        )
    if is_object_folders(listing):
        return [], "masks lie in a folder for each image"
    try:
        pairs = pair(listing.images)
    except DataError as error:
        problem = str(error)

        def refuse(origin: str, kind: TargetKind | None) -> Table:
            raise DataError(f"{origin}: {problem}")

        return [FormatMatch("images with masks", (), (MASKS, INSTANCES), refuse)], ""
    reason = fits(pairs)
    if reason is not None:
        return [], "; ".join(part for part in (reason, why) if part)

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, pairs, origin, kind)

    kinds = (MASKS,) if _names_file(listing) else (MASKS, INSTANCES)
    return [FormatMatch(f"{count(pairs.masks, 'image')} with masks", (), kinds, read)], ""


def _read(listing: FolderListing, pairs: MaskPairs, origin: str, kind: TargetKind | None) -> Table:
    files = FileImages(listing.folder)
    notes = list(listing.notes)
    path = _names_file(listing)
    names = read_class_names(listing.folder / path, path) if path else None
    splits = {image: split_of(image) or split_of(mask) for image, mask in pairs.masks.items()}
    listed = _voc_splits(listing, files)
    if listed:
        splits = {image: listed.get(PurePosixPath(image).stem) for image in pairs.masks}
    paths = {image: pairs.masks[image] for image in sorted(pairs.masks)}
    if pairs.unpaired_images:
        notes.append(f"{count(pairs.unpaired_images, 'image')} without a mask left out: {some(pairs.unpaired_images)}")
    if pairs.unpaired_masks:
        notes.append(f"{count(pairs.unpaired_masks, 'mask')} without an image left out: {some(pairs.unpaired_masks)}")
    others = [name for name in listing.others if name != path and not (listed and name.startswith(_VOC_LISTS))]
    if others:
        notes.append(f"{count(others, 'other file')} left out: {some(others)}")
    try:
        meaning, seen = infer_mask_meaning(files, paths, names, kind)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    return mask_table(files, paths, [splits[image] for image in paths], origin, meaning, [*notes, *seen])


def _names_file(listing: FolderListing) -> str | None:
    """The file that names the classes, the one nearest to the top."""
    named = [path for path in listing.others if path.rpartition("/")[2].lower() in FILES]
    return min(named, key=lambda path: (path.count("/"), path), default=None)


def _voc_splits(listing: FolderListing, files: FileImages) -> dict[str, str]:
    """Stem -> split by the lists that Pascal VOC keeps; "trainval" names none."""
    splits: dict[str, str] = {}
    for path in listing.others:
        folder, _, name = path.rpartition("/")
        split = split_of(f"{PurePosixPath(name).stem}/x")
        if f"{folder}/".endswith(_VOC_LISTS) and split is not None and path.endswith(".txt"):
            for line in files.read(path).decode("utf-8", "replace").splitlines():
                if line.split():
                    splits.setdefault(line.split()[0], split)
    return splits
