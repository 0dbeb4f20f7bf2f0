"""Reader of images and masks paired by name: images/cat.png with masks/cat.png, or cat.png with cat_mask.png."""

from pathlib import PurePosixPath

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import INSTANCES, MASKS, TargetKind
from ..file_kinds import kind_of_file
from ..patients import PATIENTS
from ..reader import FormatMatch, FormatMatches, NearMiss
from ..scan import FolderListing, count, some
from .class_names import FILES, read_class_names
from .mask_files import infer_mask_meaning, mask_table
from .mask_yaml import match_mask_yaml
from .nnunet import is_nnunet
from .object_folders import is_object_folders
from .pairing import MaskPairs, has_image_folder, mentions_masks, pair_masks, pairs_mismatch, split_of
from .probe import are_fields_of_view, look_like_masks, roles_by_content

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
    matches, reason = _match_names(listing)
    if matches or not yaml_reason:
        return matches, reason
    return [], type(reason)(f"{reason}; {yaml_reason}")


def match_masks_by_content(listing: FolderListing) -> FormatMatches:
    """Matches a folder of masks next to a folder of images with the same names, distinguished by their pixels.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and no reason, as `match_mask_folders` gives one.
    """
    files = FileImages(listing.folder)
    roles = roles_by_content(listing, files)
    if not roles:
        return [], ""
    try:
        pairs = pair_masks(listing.images, roles)
    except DataError as error:
        return [], NearMiss(error)
    if pairs_mismatch(pairs) is not None:
        return [], ""
    (masks,) = (name for name, role in roles.items() if role == "mask")
    return [_match(listing, pairs, f"{masks}/ is read as masks, by its pixels and names")], ""


def mask_files(listing: FolderListing) -> frozenset[str]:
    """Returns the files that are masks of other files, which are no samples of their own.

    Args:
        listing: The files of the folder.
    """
    if not mentions_masks(listing):
        return frozenset()
    files = FileImages(listing.folder)
    try:
        pairs = pair_masks(listing.images)
    except DataError:
        return frozenset()
    if pairs_mismatch(pairs) is not None or not look_like_masks(files, list(pairs.masks.values())):
        return frozenset()
    further = (mask for masks in pairs.further.values() for mask in masks)
    return frozenset((*pairs.masks.values(), *pairs.unpaired_masks, *pairs.left_out, *further))


def _match_names(listing: FolderListing) -> FormatMatches:
    if not mentions_masks(listing):
        return [], "no masks in folders such as images/ and masks/, or with names such as cat_mask.png"
    if is_object_folders(listing):
        return [], "there is a folder of masks for each image"
    if is_nnunet(listing):
        return [], "there is a dataset.json of nnU-Net"
    files = FileImages(listing.folder)
    try:
        pairs = pair_masks(listing.images, None, lambda one, other: are_fields_of_view(files, one, other))
    except DataError as error:
        message = str(error)

        def refuse(origin: str, kind: TargetKind | None) -> Table:
            raise DataError(f"{origin}: {message}")

        return [FormatMatch("images with masks", (), (MASKS, INSTANCES), refuse)], ""
    reason = pairs_mismatch(pairs)
    if reason is not None:
        both = pairs.by_folders and pairs.unpaired_masks and has_image_folder(listing)
        return [], NearMiss(reason) if both else reason
    if not pairs.is_sure and not look_like_masks(files, list(pairs.masks.values())):
        return [], f"{some(list(pairs.masks.values()), 2)} have the names of masks, but the pixels of photographs"
    return [_match(listing, pairs)], ""


def _match(listing: FolderListing, pairs: MaskPairs, *notes: str) -> FormatMatch:
    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, pairs, origin, kind).with_notes(*notes)

    kinds = (MASKS,) if _names_file(listing) else (MASKS, INSTANCES)
    return FormatMatch(f"{count(pairs.masks, 'image')} with masks", (), kinds, read)


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
    if pairs.left_out:
        notes.append(
            f"{count(pairs.left_out, 'mask')} or pictures of other folders or names left out: {some(pairs.left_out, 2)}"
        )
    others = [
        name
        for name in listing.others
        if kind_of_file(name) is None
        and name not in (path, PATIENTS)
        and not (voc_splits and name.startswith(_VOC_LISTS))
    ]
    if others:
        notes.append(f"{count(others, 'other file')} left out: {some(others)}")
    try:
        meaning, meaning_notes = infer_mask_meaning(files, paths, names, kind)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    if pairs.further:
        notes.append(f"{count(pairs.further, 'image')} with several masks, joined: {some(list(pairs.further), 2)}")
    given = [splits[image] for image in paths]
    return mask_table(files, paths, given, origin, meaning, [*notes, *meaning_notes], pairs.further)


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
