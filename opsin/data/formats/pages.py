"""Note on TIFF files of several pages, of which only the first is read."""

import struct

from opsin.core import DataError

from ..images import FileImages
from ..table import Table
from .scan import count, some

_MOST_OPENED = 200
_ENTRY, _KIND_OF_PAGE = 12, 254
_REDUCED_OR_MASK = 1 | 4
"""Bits of TIFF's NewSubfileType: a smaller copy of another page, or its transparency."""


def page_notes(table: Table) -> list[str]:
    """Returns a note on TIFF files with several pages, such as stacks of ImageJ; at most 200 files are opened.

    Args:
        table: The table that was read.
    """
    if not isinstance(table.images, FileImages):
        return []
    ids = [id for id in table.rows["id"].to_list() if id.lower().endswith((".tif", ".tiff"))][:_MOST_OPENED]
    several = [id for id in ids if _has_pages(table.images, id)]
    if not several:
        return []
    return [
        f"{count(several, 'TIFF file')} with several pages, of which the first is read: {some(several, 3)}. "
        "Fix: save each page as an image of its own if the others matter"
    ]


def _has_pages(images: FileImages, id: str) -> bool:
    """Returns True when the second page of a TIFF file is a whole image, not a smaller copy."""
    try:
        with open(images.path(id), "rb") as file:
            head = file.read(8)
            if head[:4] not in (b"II*\0", b"MM\0*"):
                return False
            order = "<" if head[:1] == b"I" else ">"
            file.seek(struct.unpack(f"{order}I", head[4:])[0])
            file.seek(struct.unpack(f"{order}H", file.read(2))[0] * _ENTRY, 1)
            second = struct.unpack(f"{order}I", file.read(4))[0]
            if not second:
                return False
            file.seek(second)
            entries = file.read(struct.unpack(f"{order}H", file.read(2))[0] * _ENTRY)
            for tag, value in struct.iter_unpack(f"{order}H6xI", entries):
                if tag == _KIND_OF_PAGE:
                    return not value & _REDUCED_OR_MASK
            return bool(entries)
    except (OSError, DataError, struct.error):
        return False
