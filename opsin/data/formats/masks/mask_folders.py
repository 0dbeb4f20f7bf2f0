"""Reader of images and masks paired by name: images/cat.png with masks/cat.png, or cat.png with cat_mask.png."""

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
from .pairing import MaskPairs, mentions_masks, pair_masks, pairs_mismatch, split_of

_VOC_LISTS = "ImageSets/Segmentation/"


def match_mask_folders(listing: FolderListing) -> FormatMatches:
    """Matches images and masks in separate folders, also below folders of splits, or in one folder by their names.

    A .yaml file that names the folders and the classes takes precedence.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    configs, yaml_reason = match_mask_yaml(listing)
    if configs:
        return configs, ""
    if not mentions_masks(listing):
        return [], "; ".join(
            text
            for text in (
                "no masks in folders such as images/ and masks/, or with names such as cat_mask.png",
                yaml_reason,
            )
            if text
        )
    if is_object_folders(listing):
        return [], "there is a folder of masks for each image"
    try:
        pairs = pair_masks(listing.images)
    except DataError as error:
        message = str(error)

        def refuse(origin: str, kind: TargetKind | None) -> Table:
            raise DataError(f"{origin}: {message}")

        return [FormatMatch("images with masks", (), (MASKS, INSTANCES), refuse)], ""
    reason = pairs_mismatch(pairs)
    if reason is not None:
        return [], "; ".join(text for text in (reason, yaml_reason) if text)

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
    voc_splits = _voc_splits(listing, files)
    if voc_splits:
        splits = {image: voc_splits.get(PurePosixPath(image).stem) for image in pairs.masks}
    paths = {image: pairs.masks[image] for image in sorted(pairs.masks)}
    if pairs.unpaired_images:
        notes.append(f"{count(pairs.unpaired_images, 'image')} without a mask left out: {some(pairs.unpaired_images)}")
    if pairs.unpaired_masks:
        notes.append(f"{count(pairs.unpaired_masks, 'mask')} without an image left out: {some(pairs.unpaired_masks)}")
    others = [name for name in listing.others if name != path and not (voc_splits and name.startswith(_VOC_LISTS))]
    if others:
        notes.append(f"{count(others, 'other file')} left out: {some(others)}")
    try:
        meaning, meaning_notes = infer_mask_meaning(files, paths, names, kind)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    return mask_table(files, paths, [splits[image] for image in paths], origin, meaning, [*notes, *meaning_notes])


def _names_file(listing: FolderListing) -> str | None:
    """Returns the file of class names closest to the top level; None without one."""
    named = [path for path in listing.others if path.rpartition("/")[2].lower() in FILES]
    return min(named, key=lambda path: (path.count("/"), path), default=None)


def _voc_splits(listing: FolderListing, files: FileImages) -> dict[str, str]:
    """Returns the split by file stem from the lists of Pascal VOC, without "trainval"."""
    splits: dict[str, str] = {}
    for path in listing.others:
        folder, _, name = path.rpartition("/")
        split = split_of(f"{PurePosixPath(name).stem}/x")
        if f"{folder}/".endswith(_VOC_LISTS) and split is not None and path.endswith(".txt"):
            for line in files.read(path).decode("utf-8", "replace").splitlines():
                if line.split():
                    splits.setdefault(line.split()[0], split)
    return splits
