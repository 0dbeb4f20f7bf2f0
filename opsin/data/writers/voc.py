"""Writer of Pascal VOC XML, one file per image."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from opsin.core import DataError, replacing

from .annotated_image import AnnotatedImage

_EPSILON = 0.001


def write_voc(folder: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """Writes `folder`/Annotations/a.xml for each image; crowds are marked difficult, coordinates are 1-based.

    Args:
        folder: The folder to write to.
        names: Names of the classes.
        images: The annotated images.

    Raises:
        DataError: Two images would have the same file.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_voc(folder, ["cat"], [AnnotatedImage("a.jpg", 10, 10, np.array([[1, 2, 3, 6, 0, 0, 8]]))])
        >>> "<xmin>2</xmin>" in (folder / "Annotations/a.xml").read_text()
        True
    """
    written: dict[str, str] = {}
    for image in images:
        stem = image.id.rpartition("/")[2].rpartition(".")[0]
        if stem in written:
            raise DataError(f"{image.id} and {written[stem]} would both be {stem}.xml. Fix: rename one of them.")
        written[stem] = image.id
        with replacing(folder / "Annotations" / f"{stem}.xml") as temporary:
            ElementTree(_annotation(image, names)).write(temporary, "utf-8")


def _annotation(image: AnnotatedImage, names: Sequence[str]) -> Element:
    root = Element("annotation")
    _text(root, "filename", image.id)
    size = SubElement(root, "size")
    _text(size, "width", image.width)
    _text(size, "height", image.height)
    for left, top, right, bottom, label, crowd, _ in image.boxes.tolist():
        element = SubElement(root, "object")
        _text(element, "name", names[int(label)])
        _text(element, "difficult", int(crowd))
        box = SubElement(element, "bndbox")
        for name, value in (
            ("xmin", _first(left, right)),
            ("ymin", _first(top, bottom)),
            ("xmax", right),
            ("ymax", bottom),
        ):
            _text(box, name, f"{round(value, 3):.10g}")
    indent(root)
    return root


def _first(start: float, end: float) -> float:
    """Returns the 1-based first pixel, slightly reduced for a width of one pixel: equal corners mean no area."""
    return start + 1 - _EPSILON if round(end - start, 3) == 1 else start + 1


def _text(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = str(value)
