"""JPEG and PNG files that are cut short, as an interrupted download or a full card leaves them."""

import struct
import zlib

from opsin.core.limits import MAX_PIXELS

_JPEG, _JPEG_END, _JPEG_SCAN = b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xda"
_JPEG_TABLES = b"\xff\xc4"
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def is_cut_short(content: bytes) -> bool:
    """Returns True for a JPEG or PNG file that lacks its end.

    Args:
        content: The bytes of the file.
    """
    if content[:3] == _JPEG:
        if content[-2:] == _JPEG_END:
            return False
        scan = content.rfind(_JPEG_SCAN)
        return scan >= 0 and content.rfind(_JPEG_END) < scan
    return content[:8] == _PNG and content.rfind(_PNG_END) < 0


def repaired(content: bytes) -> bytes | None:
    """Returns a whole file from one that is cut short: what is missing is grey (JPEG) or black (PNG).

    Args:
        content: The bytes of the file.

    Returns:
        The file; None where it is not cut short, or nothing of the image is there.
    """
    if not is_cut_short(content):
        return None
    return _whole_scans(content) + _JPEG_END if content[:3] == _JPEG else _repaired_png(content)


def _whole_scans(content: bytes) -> bytes:
    """Returns a progressive JPEG without tables and the header of a scan at its end that have no data."""
    scan = content.rfind(_JPEG_SCAN)
    if len(content) < scan + 4 or len(content) < scan + 2 + int.from_bytes(content[scan + 2 : scan + 4], "big"):
        content = content[:scan]
    tables = content.rfind(_JPEG_TABLES)
    return content[:tables] if tables > content.rfind(_JPEG_SCAN) >= 0 else content


def _repaired_png(content: bytes) -> bytes | None:
    """Returns a PNG with the rows that are there, and others of zeros; interlaced files are not repaired."""
    head, packed, at = b"", b"", len(_PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            packed += body
        elif len(body) == length and not packed:
            head += _chunk(kind, body)
        at += 12 + length
    if len(head) < 25 or not packed or content[28]:
        return None
    width, height, bits, colour = struct.unpack(">IIBB", content[16:26])
    if width * height > MAX_PIXELS:
        return None
    bytes_of_row = 1 + -(-width * bits * _SAMPLES.get(colour, 1) // 8)
    expected = bytes_of_row * height
    try:
        rows = zlib.decompressobj().decompress(packed, expected)
    except zlib.error:
        return None
    if len(rows) < bytes_of_row:
        return None
    whole = rows[: len(rows) // bytes_of_row * bytes_of_row].ljust(expected, b"\0")
    return _PNG + head + _chunk(b"IDAT", zlib.compress(whole, 1)) + _chunk(_PNG_END, b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
