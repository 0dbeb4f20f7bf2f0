"""Reader of a YAML file with folders of images and masks for each split, and class names by id."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import MASKS, TargetKind
from ..parsing import load_yaml
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, scan, some
from ..split_names import split_name
from .class_names import class_names_of
from .mask_files import infer_mask_meaning, mask_table
from .pairing import pair_masks, pairs_mismatch

_MOST_FILES = 50


@dataclass(frozen=True)
class _Part:
    split: str
    images: str
    masks: str


def match_mask_yaml(listing: FolderListing) -> FormatMatches:
    """Matches .yaml files with `train: {images: ..., masks: ...}` and `classes`.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    reasons: list[str] = []
    names = [path for path in listing.others if path.lower().endswith((".yaml", ".yml"))]
    for path in names[:_MOST_FILES]:
        try:
            config = load_yaml(listing.folder / path, path)
        except DataError as error:
            reasons.append(str(error))
            continue
        if _parts(config):

            def read(
                origin: str, kind: TargetKind | None, path: str = path, config: Mapping[str, Any] = config
            ) -> Table:
                try:
                    return _read(listing, path, config, origin)
                except DataError as error:
                    raise DataError(f"{origin}: {path}: {error}") from error

            matches.append(FormatMatch(f"the masks of {path}", (path,), (MASKS,), read))
    return matches, "" if matches else "; ".join(reasons)


def _parts(config: Mapping[str, Any]) -> list[_Part]:
    parts: list[_Part] = []
    for key, value in config.items():
        split = split_name(str(key))
        if split is None or not isinstance(value, Mapping):
            continue
        images, masks = (cast("Mapping[str, object]", value).get(name) for name in ("images", "masks"))
        if isinstance(images, str) and isinstance(masks, str):
            parts.append(_Part(split, images, masks))
    return parts


def _read(listing: FolderListing, path: str, config: Mapping[str, Any], origin: str) -> Table:
    """Reads the pairs of all splits; the folders must be below the parent of the folder of the file."""
    file_folder = Path(os.path.realpath(listing.folder / path)).parent
    parts = _parts(config)
    targets = [os.path.normpath(file_folder / folder) for part in parts for folder in (part.images, part.masks)]
    top = Path(os.path.realpath(listing.folder))
    root = top if all(_is_inside(top, target) for target in targets) else file_folder.parent
    files = FileImages(root)
    pairs: dict[str, str] = {}
    splits: dict[str, str] = {}
    notes: list[str] = []
    for part in parts:
        listings = [_list_folder(root, file_folder, folder) for folder in (part.images, part.masks)]
        missing = [folder for folder, listed in zip((part.images, part.masks), listings, strict=True) if not listed]
        if missing:
            notes.append(f"{part.split} left out: no images in {' and '.join(missing)}")
            continue
        paired = pair_masks([*(f"images/{name}" for name in listings[0]), *(f"masks/{name}" for name in listings[1])])
        if pairs_mismatch(paired) is not None:
            raise DataError(f"{part.split}: {pairs_mismatch(paired)}")
        for image, mask in paired.masks.items():
            id = listings[0][image.split("/", 1)[1]]
            pairs[id], splits[id] = listings[1][mask.split("/", 1)[1]], part.split
        for names, noun in ((paired.unpaired_images, "image"), (paired.unpaired_masks, "mask")):
            if names:
                names_within = [name.split("/", 1)[1] for name in names]
                other = "a mask" if noun == "image" else "an image"
                notes.append(f"{count(names, f'{part.split} {noun}')} without {other} left out: {some(names_within)}")
    if not pairs:
        raise DataError("; ".join(notes))
    classes = config.get("classes", config.get("names"))
    names = class_names_of(classes, path) if classes is not None else None
    ignored: Any = config.get("ignore_classes") or []
    if not isinstance(ignored, list) or not all(isinstance(id, int) for id in cast("list[object]", ignored)):
        raise DataError(f"ignore_classes is {str(ignored)[:40]}. Expected a list of ids.")
    paths = {id: pairs[id] for id in sorted(pairs)}
    meaning, meaning_notes = infer_mask_meaning(files, paths, names, MASKS, cast("list[int]", ignored))
    return mask_table(files, paths, [splits[id] for id in paths], origin, meaning, [*notes, *meaning_notes])


def _is_inside(root: Path, target: str) -> bool:
    return target == str(root) or target.startswith(f"{root}{os.sep}")


def _list_folder(root: Path, file_folder: Path, folder: str) -> dict[str, str]:
    """Returns the images below a folder of the file: the path below `root` by the path within the folder."""
    target = os.path.normpath(file_folder / folder)
    if not _is_inside(root, os.path.realpath(target)) or not _is_inside(root, target):
        raise DataError(f"{folder} is outside of {root.name}. Expected a folder next to that of the file, or below.")
    if not os.path.isdir(target):
        return {}
    prefix = PurePosixPath(Path(target).relative_to(root).as_posix())
    return {name: (prefix / name).as_posix() for name in scan(Path(target)).images}
