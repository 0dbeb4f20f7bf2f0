"""Names of what is in a file that is no readable image, whatever its name says."""

_STARTS = (
    (b"version https://git-lfs", "a pointer of Git LFS (fetch the files with git lfs pull)"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"<svg", "SVG"),
    (b"<?xml", "XML or SVG"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"v/1\x01", "OpenEXR"),
    (b"\x00\x05\x16\x07", "a resource file of macOS"),
    (b"{", "JSON"),
)
_BRANDS = (("HEIC", (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")), ("AVIF", (b"avif", b"avis")))


def kind_of_content(content: bytes) -> str:
    """Returns a name for the content of a file; empty when it is unknown.

    Args:
        content: The start of the file.

    Examples:
        >>> kind_of_content(b"\\0\\0\\0\\x18ftypheic")
        'HEIC (convert it to JPEG)'
    """
    if content[4:8] == b"ftyp":
        name = next((name for name, brands in _BRANDS if content[8:12] in brands), "a video")
        return f"{name} (convert it to JPEG)"
    if content[128:132] == b"DICM":
        return "DICOM"
    if content and not content.strip(b"\0"):
        return "only zeros"
    start = content[:64].lstrip().lower()
    return next((name for magic, name in _STARTS if start.startswith(magic.lower()) or content.startswith(magic)), "")
