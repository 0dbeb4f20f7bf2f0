"""Reader of class folders: DATA/cat/1.jpg, DATA/train/cat/1.jpg with DATA/test/cat/2.jpg, or DATA/cat/train/1.jpg."""

import unicodedata

from opsin.core import DataError

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import CLASSES, IDENTITIES, LABELS, NUMBERS, TargetKind
from ..file_kinds import kind_of_file
from ..masks.mask_folders import mask_files
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from .folder_layout import FolderLayout, folder_layout
from .targets import parse_classes, parse_targets

KINDS = (CLASSES, LABELS, NUMBERS, IDENTITIES)


def match_class_folders(listing: FolderListing) -> FormatMatches:
    """Matches images in folders of classes; a single class only for a kind that is asked for, as evaluation does.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    if not listing.images:
        return [], "there are no images"
    masks = mask_files(listing)
    if masks:
        note = f"{count(masks, 'mask')} left out: {some(tuple(masks), 2)}"
        images = tuple(path for path in listing.images if path not in masks)
        listing = FolderListing(listing.folder, images, listing.others, (*listing.notes, note))
    try:
        layout = folder_layout(listing)
    except DataError as error:
        return [], str(error)
    classes = sorted(set(layout.labels.values()))
    if not classes:
        return [], f"no folder of images, with {count(listing.images, 'image')} in all"

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, layout, origin, kind)

    only = f"only the class {classes[0]}, with {count(listing.images, 'image')} in all" if len(classes) < 2 else ""
    return [FormatMatch("class folders", (), KINDS, read, lacks=only)], only


def _read(listing: FolderListing, layout: FolderLayout, origin: str, kind: TargetKind | None) -> Table:
    ids = list(layout.labels)
    labels = [unicodedata.normalize("NFC", layout.labels[id]) for id in ids]
    named = kind in (None, CLASSES, IDENTITIES)
    parsed = parse_classes(labels, kind or CLASSES) if named else parse_targets({"folder": labels}, origin, kind)
    rows = make_rows(ids, parsed.values, kind=parsed.target.kind, splits=[layout.splits[id] for id in ids])
    notes = [*listing.notes, *layout.notes]
    if layout.unlabelled:
        notes.append(
            f"{count(layout.unlabelled, 'image')} outside of class folders left out: {some(layout.unlabelled)}"
        )
    others = [name for name in listing.others if kind_of_file(name) is None]
    if others:
        notes.append(f"{count(others, 'other file')} left out: {some(others)}")
    return Table(rows, FileImages(listing.folder), parsed.target, origin, tuple(notes))
