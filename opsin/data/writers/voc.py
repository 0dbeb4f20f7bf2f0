"""Pascal VOC's XML file an image."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from opsin.core import DataError, replacing

from .annotated_image import AnnotatedImage

_LITTLE = 0.001


def write_voc(folder: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """`folder`/Annotations/a.xml for each image; a crowd is called difficult. Pixels count from 1, as VOC has it.

    DataError when two images would have the same file.

    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_voc(folder, ["cat"], [AnnotatedImage("a.jpg", 10, 10, np.array([[1, 2, 3, 6, 0, 0, 8]]))])
    >>> "<xmin>2</xmin>" in (folder / "Annotations/a.xml").read_text()
    True
    """
    written: dict[str, str] = {}
    for one in images:
        stem = one.id.rpartition("/")[2].rpartition(".")[0]
        if stem in written:
            raise DataError(f"{one.id} and {written[stem]} would both be {stem}.xml; rename one of them")
        written[stem] = one.id
        with replacing(folder / "Annotations" / f"{stem}.xml") as temporary:
            ElementTree(_annotation(one, names)).write(temporary, "utf-8")


def _annotation(one: AnnotatedImage, names: Sequence[str]) -> Element:
    root = Element("annotation")
    _text(root, "filename", one.id)
    size = SubElement(root, "size")
    _text(size, "width", one.width)
    _text(size, "height", one.height)
    for left, top, right, bottom, label, crowd, _ in one.boxes.tolist():
        found = SubElement(root, "object")
        _text(found, "name", names[int(label)])
        _text(found, "difficult", int(crowd))
        box = SubElement(found, "bndbox")
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
    """The first pixel of a side; one of a single pixel begins a little sooner, for equal corners mean no area."""
    return start + 1 - _LITTLE if round(end - start, 3) == 1 else start + 1


def _text(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = str(value)
