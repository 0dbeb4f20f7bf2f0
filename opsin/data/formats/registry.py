"""Which formats fit the files of a folder: those that mark places in images first, then those of a target an image."""

from pathlib import Path

from ..table import Table
from ..targets import CLASSES, IDENTITIES, LABELS, NUMBERS, TargetKind
from .boxes.boxes_csv import match_boxes_csv
from .boxes.coco import match_coco
from .boxes.voc import match_voc
from .boxes.yolo import match_yolo
from .labels.class_folders import class_folders_mismatch, read_class_folders
from .labels.csv_table import TABLE_EXTENSIONS, csv_table_mismatch, read_csv_table
from .labels.npz import read_npz
from .masks.mask_folders import match_mask_folders
from .masks.nnunet import match_nnunet
from .masks.object_folders import match_object_folders
from .reader import FormatMatch, FormatMatches
from .scan import FolderListing
from .split_names import split_name

IMAGE_LEVEL_KINDS = (CLASSES, LABELS, NUMBERS, IDENTITIES)
"""The kinds with one target an image."""


def match_class_folders(listing: FolderListing) -> FormatMatches:
    """DATA/cat/1.jpg, or DATA/train/cat/1.jpg."""
    reason = class_folders_mismatch(listing)
    if reason is not None:
        return [], reason

    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_class_folders(listing, origin, kind)

    return [FormatMatch("class folders", (), IMAGE_LEVEL_KINDS, read)], ""


def match_csv_tables(listing: FolderListing) -> FormatMatches:
    """A .csv of files and targets: one alone, or those of splits together (train.csv, or train/metadata.csv)."""
    named: dict[Path, str | None] = {}
    alone: list[dict[Path, str | None]] = []
    reasons: list[str] = []
    for name in listing.others:
        path = listing.folder / name
        pieces = name.split("/")
        split = split_name(path.stem if len(pieces) == 1 else pieces[0])
        inner = len(pieces) == 2 and path.stem == "metadata" and split is not None
        if path.suffix.lower() not in TABLE_EXTENSIONS or not (len(pieces) == 1 or inner):
            continue
        reason = csv_table_mismatch(path)
        if reason is not None:
            reasons.append(reason)
        elif split is None:
            alone.append({path: None})
        else:
            named[path] = split
    together = [*([named] if named else []), *alone]
    return [_table_match(listing, parts) for parts in together], "; ".join(reasons) or "none"


def match_npz(listing: FolderListing) -> FormatMatches:
    """An .npz file at the top."""
    archives = [name for name in listing.others if name.endswith(".npz") and "/" not in name]
    return [_npz_match(listing, name) for name in archives], "none"


SPATIAL_FORMATS = (
    ("COCO json", match_coco),
    ("YOLO labels", match_yolo),
    ("Pascal VOC xml", match_voc),
    ("a .csv of boxes", match_boxes_csv),
    ("a dataset.json of nnU-Net", match_nnunet),
    ("images with masks", match_mask_folders),
    ("a folder of objects for each image", match_object_folders),
)
IMAGE_LEVEL_FORMATS = (
    ("class folders", match_class_folders),
    ("a .csv of files and targets", match_csv_tables),
    ("an .npz", match_npz),
)


def match_formats(listing: FolderListing, kind: TargetKind | None) -> tuple[list[FormatMatch], list[str]]:
    """The ways to read a folder for a kind of target (None: any), and for each format without one, why.

    Files that mark places in images say more than the folders that the images lie in: where they fit, class folders
    and the like are not looked for, unless the kind asks for them.
    """
    missed: list[str] = []
    for formats in (SPATIAL_FORMATS, IMAGE_LEVEL_FORMATS):
        fits: list[FormatMatch] = []
        for words, ways_of in formats:
            matches, reason = ways_of(listing)
            wanted = [match for match in matches if kind is None or kind in match.kinds]
            fits += wanted
            if not matches:
                missed.append(f"{words} ({reason})")
            elif not wanted:
                missed.append(
                    f"{matches[0].description} (which is for {' or '.join(one.task for one in matches[0].kinds)})"
                )
        if fits:
            return fits, missed
    return [], missed


def _table_match(listing: FolderListing, parts: dict[Path, str | None]) -> FormatMatch:
    names = tuple(path.relative_to(listing.folder).as_posix() for path in parts)

    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_csv_table(parts, listing.folder, origin, kind)

    return FormatMatch(f"the table {' and '.join(names)}", names, IMAGE_LEVEL_KINDS, read)


def _npz_match(listing: FolderListing, name: str) -> FormatMatch:
    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_npz(listing.folder / name, origin, kind)

    return FormatMatch(name, (name,), IMAGE_LEVEL_KINDS, read)
