"""The one sentence on a folder that fits no format: the nearest miss, and its fix."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from opsin.core import DataError

from ..targets import TargetKind
from . import catalogue
from .file_kinds import count_kinds, kind_of_file
from .foreign import foreign_labels
from .reader import FormatMatch
from .registry import Mismatch, match_formats
from .scan import FolderListing, count, scan
from .unread import without_ending

_MOST_ENTRIES = 5000
"""Larger folders are not searched for a data set."""
_MOST_FOLDERS = 30
_MARKERS: tuple[tuple[catalogue.Format, tuple[str, ...]], ...] = (
    (catalogue.YOLO, (".yaml", ".yml")),
    (catalogue.COCO, (".json",)),
    (catalogue.VOC, (".xml",)),
    (catalogue.CSV_TABLE, (".csv", ".tsv", ".jsonl")),
    (catalogue.NPZ, (".npz",)),
)
"""Formats with files that describe a data set, by the extensions of these files."""
_PLAIN_REASONS = ("there are no images", "no folder of images", "only the class ", "the images are directly in ")
"""Starts of reasons of class folders that a suggestion may follow; any other reason is a whole sentence."""
SEE_FORMATS = "`opsin check --formats` lists what is read"


def nearest_miss(listing: FolderListing, mismatches: Sequence[Mismatch], kind: TargetKind | None) -> str:
    """Returns the reason why a folder is not a data set, and the fix.

    Args:
        listing: The files of the folder.
        mismatches: Formats that do not fit, with their reasons.
        kind: Kind of target that was asked for; None for any.
    """
    near = next((one.reason for one in mismatches if one.is_near), None)
    other_task = next((one for one in mismatches if one.tasks), None)
    reasons = {mismatch.format.name: mismatch for mismatch in mismatches}
    unread = _unread_files(listing)
    if other_task is not None and not near:
        sentence = f"it holds {other_task.format.name}, for the task {other_task.tasks}"
        return f"{sentence}. Fix: name that task, or none."
    if unread and not near:
        return unread
    foreign = "" if near else foreign_labels(listing)
    if foreign:
        return foreign
    described = _described(listing, reasons)
    if near or described:
        return f"{(near or described).rstrip('.')}."
    folders = (
        reasons[catalogue.CLASS_FOLDERS.name].reason.rstrip(".") if catalogue.CLASS_FOLDERS.name in reasons else ""
    )
    if folders and not folders.startswith(_PLAIN_REASONS):
        return f"{folders}."
    suggestion = _elsewhere(listing, kind)
    hidden = without_ending(listing)
    if hidden and not listing.images:
        return f"{count(hidden, 'image')} without an ending, such as {hidden[0]}. Fix: rename to .jpg or what they are."
    if not listing.images:
        return f"there are no images{suggestion or f'. Expected files such as .jpg or .png; {SEE_FORMATS}.'}"
    lack = "no class folders and no labels"
    if folders.startswith(_PLAIN_REASONS[2:]):
        lack = folders.split(", with ")[0]
    fix = f". Fix: put the images of each class into a folder of its own, or add labels; {SEE_FORMATS}."
    return f"{count(listing.images, 'image')} but {lack}{suggestion or fix}"


def _unread_files(listing: FolderListing) -> str:
    """Returns a sentence when most of the files are of a kind that is not read."""
    kinds = count_kinds(listing.others)
    if not kinds:
        return ""
    found, number = kinds[0]
    if number <= len(listing.images):
        return ""
    total = len(listing.images) + sum(some for _, some in kinds)
    example = next(name for name in listing.others if kind_of_file(name) is found)
    return f"{number:,} of {total:,} files are {found.name}, such as {example}. Fix: {found.fix}."


def _described(listing: FolderListing, reasons: dict[str, Mismatch]) -> str:
    """Returns a sentence on a file that describes a data set, but does not fit; empty when there is none."""
    for known, extensions in _MARKERS:
        named = [name for name in listing.others if name.lower().endswith(extensions) and name.count("/") <= 2]
        mismatch = reasons.get(known.name)
        if not named or mismatch is None:
            continue
        reason = mismatch.reason.rstrip(".")
        if reason in ("", "none") or reason.startswith("no "):
            continue
        name = next((name for name in named if reason.startswith(name)), named[0])
        reason = reason.removeprefix(name).removeprefix(":").lstrip()
        return f"there is a {PurePosixPath(name).name}, but {'it ' if _is_predicate(reason) else ''}{reason}"
    return ""


def _is_predicate(reason: str) -> bool:
    return reason.split(" ", 1)[0] in ("has", "is", "holds", "gives", "cannot", "lists", "names", "lacks")


def _elsewhere(listing: FolderListing, kind: TargetKind | None) -> str:
    """Returns the question after a folder above or below that is a data set; empty when there is none."""
    below = {listing.folder / path.split("/")[0] for path in (*listing.images, *listing.others)}
    for folder in _candidates(listing):
        try:
            matches, _ = match_formats(scan(folder), kind)
            inside = folder in below or _uses(matches[:1], listing)
        except DataError:
            continue
        if matches and inside:
            return f": did you mean {folder} ({matches[0].format})?"
    return ""


def _uses(matches: Sequence[FormatMatch], listing: FolderListing) -> bool:
    """Returns True when a match of the folder above has images of this one."""
    if not listing.images:
        return True
    start = f"{listing.folder.absolute().name}/"
    return any(id.startswith(start) for match in matches for id in match.table("data", None).rows["id"].to_list())


def _candidates(listing: FolderListing) -> Iterator[Path]:
    tops = dict.fromkeys(path.split("/")[0] for path in (*listing.images, *listing.others) if "/" in path)
    yield from [listing.folder / top for top in tops][:_MOST_FOLDERS]
    parent = listing.folder.absolute().parent
    if parent != listing.folder.absolute() and _is_small(parent):
        yield Path(os.path.relpath(parent)) if not listing.folder.is_absolute() else parent


def _is_small(folder: Path) -> bool:
    entries = 0
    for _, folders, files in os.walk(folder):
        entries += len(folders) + len(files)
        if entries > _MOST_ENTRIES:
            return False
    return True
