"""Which formats fit the files of a folder: those that mark places in images first, then those of a target an image."""

from pathlib import Path

from ..table import Table
from ..targets import CLASSES, IDENTITIES, LABELS, NUMBERS, TargetKind
from .boxes.boxes_csv import box_listing_ways
from .boxes.coco import coco_ways
from .boxes.voc import voc_ways
from .boxes.yolo import yolo_ways
from .labels.class_folders import class_folders_fit, read_class_folders
from .labels.csv_table import LISTING_ENDINGS, listing_fits, read_listing
from .labels.npz import read_npz
from .masks.mask_folders import mask_folder_ways
from .masks.nnunet import nnunet_ways
from .masks.object_folders import object_folder_ways
from .reader import FormatMatch, Ways
from .scan import FolderListing
from .split_names import split_name

FLAT = (CLASSES, LABELS, NUMBERS, IDENTITIES)
"""The kinds with one target an image."""


def class_folder_ways(found: FolderListing) -> Ways:
    """DATA/cat/1.jpg, or DATA/train/cat/1.jpg."""
    reason = class_folders_fit(found)
    if reason is not None:
        return [], reason

    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_class_folders(found, origin, kind)

    return [FormatMatch("class folders", (), FLAT, read)], ""


def listing_ways(found: FolderListing) -> Ways:
    """A .csv of files and targets: one alone, or those of splits together (train.csv, or train/metadata.csv)."""
    named: dict[Path, str | None] = {}
    alone: list[dict[Path, str | None]] = []
    reasons: list[str] = []
    for name in found.others:
        path = found.folder / name
        pieces = name.split("/")
        split = split_name(path.stem if len(pieces) == 1 else pieces[0])
        inner = len(pieces) == 2 and path.stem == "metadata" and split is not None
        if path.suffix.lower() not in LISTING_ENDINGS or not (len(pieces) == 1 or inner):
            continue
        reason = listing_fits(path)
        if reason is not None:
            reasons.append(reason)
        elif split is None:
            alone.append({path: None})
        else:
            named[path] = split
    together = [*([named] if named else []), *alone]
    return [_listing(found, parts) for parts in together], "; ".join(reasons) or "none"


def npz_ways(found: FolderListing) -> Ways:
    """An .npz file at the top."""
    packed = [name for name in found.others if name.endswith(".npz") and "/" not in name]
    return [_npz(found, name) for name in packed], "none"


MARKED = (
    ("COCO json", coco_ways),
    ("YOLO labels", yolo_ways),
    ("Pascal VOC xml", voc_ways),
    ("a .csv of boxes", box_listing_ways),
    ("a dataset.json of nnU-Net", nnunet_ways),
    ("images with masks", mask_folder_ways),
    ("a folder of objects for each image", object_folder_ways),
)
TARGETED = (
    ("class folders", class_folder_ways),
    ("a .csv of files and targets", listing_ways),
    ("an .npz", npz_ways),
)


def recognise(found: FolderListing, kind: TargetKind | None) -> tuple[list[FormatMatch], list[str]]:
    """The ways to read a folder for a kind of target (None: any), and for each format without one, why.

    Files that mark places in images say more than the folders that the images lie in: where they fit, class folders
    and the like are not looked for, unless the kind asks for them.
    """
    missed: list[str] = []
    for formats in (MARKED, TARGETED):
        fits: list[FormatMatch] = []
        for words, ways_of in formats:
            ways, reason = ways_of(found)
            wanted = [way for way in ways if kind is None or kind in way.kinds]
            fits += wanted
            if not ways:
                missed.append(f"{words} ({reason})")
            elif not wanted:
                missed.append(f"{ways[0].description} (which is for {' or '.join(one.task for one in ways[0].kinds)})")
        if fits:
            return fits, missed
    return [], missed


def _listing(found: FolderListing, parts: dict[Path, str | None]) -> FormatMatch:
    names = tuple(path.relative_to(found.folder).as_posix() for path in parts)

    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_listing(parts, found.folder, origin, kind)

    return FormatMatch(f"the table {' and '.join(names)}", names, FLAT, read)


def _npz(found: FolderListing, name: str) -> FormatMatch:
    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_npz(found.folder / name, origin, kind)

    return FormatMatch(name, (name,), FLAT, read)
