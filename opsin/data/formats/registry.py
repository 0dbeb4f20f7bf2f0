"""Recognition of the format of a folder: formats with boxes or masks first, then formats with one target per image."""

from dataclasses import dataclass, replace

from ..table import Table
from ..targets import CLASSES, IDENTITIES, LABELS, NUMBERS, TargetKind
from . import catalogue
from .boxes.boxes_csv import match_boxes_csv
from .boxes.coco import match_coco
from .boxes.labelme import match_labelme
from .boxes.voc import match_voc
from .boxes.yolo import match_yolo
from .labels.class_folders import match_class_folders
from .labels.npz import read_npz
from .labels.table_files import match_csv_tables, match_main_table
from .masks.mask_folders import match_mask_folders, match_masks_by_content
from .masks.nnunet import match_nnunet
from .masks.object_folders import match_object_folders
from .reader import FormatMatch, FormatMatches, NearMiss
from .scan import FolderListing
from .volumes.matching import match_volumes

IMAGE_LEVEL_KINDS = (CLASSES, LABELS, NUMBERS, IDENTITIES)
"""Kinds with one target per image."""


def match_npz(listing: FolderListing) -> FormatMatches:
    """Matches .npz files at the top level.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    archives = [name for name in listing.others if name.endswith(".npz") and "/" not in name]
    return [_npz_match(listing, name) for name in archives], "none"


SPATIAL_FORMATS = (
    (catalogue.COCO, match_coco),
    (catalogue.YOLO, match_yolo),
    (catalogue.VOC, match_voc),
    (catalogue.BOXES_CSV, match_boxes_csv),
    (catalogue.NNUNET, match_nnunet),
    (catalogue.MASK_FOLDERS, match_mask_folders),
    (catalogue.OBJECT_FOLDERS, match_object_folders),
    (catalogue.VOLUME_FOLDERS, match_volumes),
)
MAIN_TABLES = ((catalogue.CSV_TABLE, match_main_table),)
FORMATS_BY_CONTENT = (
    (catalogue.MASK_FOLDERS, match_masks_by_content),
    (catalogue.LABELME, match_labelme),
)
IMAGE_LEVEL_FORMATS = (
    (catalogue.CLASS_FOLDERS, match_class_folders),
    (catalogue.CSV_TABLE, match_csv_tables),
    (catalogue.NPZ, match_npz),
)


@dataclass(frozen=True)
class Mismatch:
    """A format that does not fit a folder.

    Attributes:
        format: The format.
        reason: Why it does not fit.
        is_near: True when the reader recognised its files in part.
        tasks: Tasks for which it would fit; empty where it fits for none.
    """

    format: catalogue.Format
    reason: str
    is_near: bool = False
    tasks: str = ""


def match_formats(listing: FolderListing, kind: TargetKind | None) -> tuple[list[FormatMatch], list[Mismatch]]:
    """Finds the formats that fit a folder.

    Formats with boxes or masks take precedence: where one fits, formats with one target per image are not tried,
    unless `kind` requires it. A reader that recognised its files in part keeps class folders from being tried.

    Args:
        listing: The files of the folder.
        kind: Kind of target; None for any.

    Returns:
        The matches, and the formats that do not match.
    """
    rejected: list[Mismatch] = []
    near: list[str] = []
    for formats in (SPATIAL_FORMATS, MAIN_TABLES, FORMATS_BY_CONTENT, IMAGE_LEVEL_FORMATS):
        fitting: list[FormatMatch] = []
        for known, match_format in formats:
            if match_format is match_class_folders and near and kind is None:
                rejected.append(Mismatch(known, near[0]))
                continue
            found, reason = match_format(listing)
            matches = [replace(match, format=known.name) for match in found]
            usable = [match for match in matches if (not match.lacks if kind is None else kind in match.kinds)]
            fitting += usable
            if isinstance(reason, NearMiss):
                near.append(reason)
            if not reason and not matches:
                continue
            if not matches or (not usable and kind is None):
                rejected.append(Mismatch(known, str(reason), isinstance(reason, NearMiss)))
            elif not usable:
                tasks = " or ".join(usual.task for usual in matches[0].kinds)
                rejected.append(Mismatch(known, "", tasks=tasks))
        if fitting:
            return fitting, rejected
    return [], rejected


def _npz_match(listing: FolderListing, name: str) -> FormatMatch:
    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_npz(listing.path(name), origin, kind)

    return FormatMatch(name, (name,), IMAGE_LEVEL_KINDS, read)
