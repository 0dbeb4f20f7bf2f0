"""Notes on the files of a folder that are not read: pictures of other formats, and images without an ending."""

from collections import defaultdict

from ..images import FileImages
from ..table import Table
from .file_kinds import FileKind, kind_of_file
from .scan import FolderListing, count, some

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_MOST_OPENED = 200
_MOST_NAMES = 3


def unread_notes(listing: FolderListing, table: Table) -> list[str]:
    """Returns notes on files that are left out although they may be images, with what to do, and on classes lost by it.

    Args:
        listing: The files of the folder.
        table: The table that was read from it.
    """
    if not isinstance(table.images, FileImages):
        return []
    by_kind: dict[FileKind, list[str]] = defaultdict(list)
    for name in listing.others:
        kind = kind_of_file(name)
        if kind is not None:
            by_kind[kind].append(name)
    notes: list[str] = []
    for kind, names in sorted(by_kind.items(), key=lambda pair: -len(pair[1])):
        verb = "is" if len(names) == 1 else "are"
        notes.append(f"{count(names, 'file')} left out: {some(names, _MOST_NAMES)} {verb} {kind.name}. Fix: {kind.fix}")
        notes += _lost_classes(listing, table, names)
    hidden = without_ending(listing)
    if hidden:
        notes.append(
            f"{count(hidden, 'image')} left out for the ending of the name: {some(hidden, _MOST_NAMES)}. "
            "Fix: rename to .jpg, .png or what they are"
        )
        notes += _lost_classes(listing, table, hidden)
    return notes


def without_ending(listing: FolderListing) -> list[str]:
    """Returns the files that are images, but do not have the ending of one; at most 200 files are opened.

    Args:
        listing: The files of the folder.
    """
    bare = [name for name in listing.others if kind_of_file(name) is None][:_MOST_OPENED]
    return [name for name in bare if _is_image(listing, name)]


def _lost_classes(listing: FolderListing, table: Table, names: list[str]) -> list[str]:
    """Returns a note on the folders that would be classes if the files could be read."""
    if not table.target.kind.is_class or table.format != "class folders":
        return []
    folders = {name.rpartition("/")[0] for name in names} - listing.image_folders
    lost = sorted({folder.rpartition("/")[2] for folder in folders} - {"", *table.target.names})
    what = "class is" if len(lost) == 1 else "classes are"
    return [f"{len(lost)} {what} lost, for no other image is there: {some(lost)}"] if lost else []


def _is_image(listing: FolderListing, name: str) -> bool:
    try:
        with open(listing.path(name), "rb") as file:
            return file.read(8).startswith(_MAGIC)
    except OSError:
        return False
