"""A YAML file that names folders of images and masks for each split, and the classes by their ids."""

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
from .pairing import fits, pair

_MOST_FILES = 50


@dataclass(frozen=True)
class _Part:
    split: str
    images: str
    masks: str


def match_mask_yaml(listing: FolderListing) -> FormatMatches:
    """Each .yaml with `train: {images: ..., masks: ...}`, and `classes`; else why a .yaml could not be read."""
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
    """The pairs of every part; the images may lie beside the folder of the file, not further away."""
    here = Path(os.path.realpath(listing.folder / path)).parent
    parts = _parts(config)
    places = [os.path.normpath(here / folder) for part in parts for folder in (part.images, part.masks)]
    top = Path(os.path.realpath(listing.folder))
    root = top if all(_inside(top, place) for place in places) else here.parent
    files = FileImages(root)
    pairs: dict[str, str] = {}
    splits: dict[str, str] = {}
    notes: list[str] = []
    for part in parts:
        both = [_listed(root, here, folder) for folder in (part.images, part.masks)]
        missing = [folder for folder, listed in zip((part.images, part.masks), both, strict=True) if not listed]
        if missing:
            notes.append(f"{part.split} left out: there are no images in {' and '.join(missing)}")
            continue
        made = pair([*(f"images/{name}" for name in both[0]), *(f"masks/{name}" for name in both[1])])
        if fits(made) is not None:
            raise DataError(f"{part.split}: {fits(made)}")
        for image, mask in made.masks.items():
            id = both[0][image.split("/", 1)[1]]
            pairs[id], splits[id] = both[1][mask.split("/", 1)[1]], part.split
        for names, what in ((made.unpaired_images, "image"), (made.unpaired_masks, "mask")):
            if names:
                few = [name.split("/", 1)[1] for name in names]
                other = "a mask" if what == "image" else "an image"
                notes.append(f"{count(names, f'{part.split} {what}')} without {other} left out: {some(few)}")
    if not pairs:
        raise DataError("; ".join(notes))
    classes = config.get("classes", config.get("names"))
    names = class_names_of(classes, path) if classes is not None else None
    ignored: Any = config.get("ignore_classes") or []
    if not isinstance(ignored, list) or not all(isinstance(id, int) for id in cast("list[object]", ignored)):
        raise DataError(f"ignore_classes is {str(ignored)[:40]}. Expected a list of ids.")
    paths = {id: pairs[id] for id in sorted(pairs)}
    meaning, seen = infer_mask_meaning(files, paths, names, MASKS, cast("list[int]", ignored))
    return mask_table(files, paths, [splits[id] for id in paths], origin, meaning, [*notes, *seen])


def _inside(root: Path, place: str) -> bool:
    return place == str(root) or place.startswith(f"{root}{os.sep}")


def _listed(root: Path, here: Path, folder: str) -> dict[str, str]:
    """The pictures below a folder that the file names: path within it -> path below `root`."""
    place = os.path.normpath(here / folder)
    if not _inside(root, os.path.realpath(place)) or not _inside(root, place):
        raise DataError(f"{folder} lies outside of {root.name}. Expected a folder beside the file's own, or below.")
    if not os.path.isdir(place):
        return {}
    above = PurePosixPath(Path(place).relative_to(root).as_posix())
    return {name: (above / name).as_posix() for name in scan(Path(place)).images}
