"""YOLO's data.yaml and labels; https://docs.ultralytics.com/datasets/detect."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from opsin.core import DataError, replacing

from ..formats.boxes.yolo_yaml import label_path
from .annotated_image import AnnotatedImage


def write_yolo(folder: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """A text file for each image below `folder`/labels and, last, a data.yaml that says the images lie in images/.

    A line is class, centre, width and height as shares of the image's sides, and the score when there is one; crowds
    are left out, which YOLO cannot say. DataError when two images would have the same file.

    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_yolo(folder, ["cat"], [AnnotatedImage("a.jpg", 10, 10, np.array([[1, 2, 3, 6, 0, 0, 8]]))])
    >>> (folder / "labels/a.txt").read_text()
    '0 0.200000 0.400000 0.200000 0.400000\\n'
    """
    import yaml

    written: dict[str, str] = {}
    for one in images:
        id = one.id if one.id.startswith("images/") else f"images/{one.id}"
        path = label_path(id)
        if path in written:
            raise DataError(f"{one.id} and {written[path]} would both be {path}; rename one of them")
        written[path] = one.id
        with replacing(folder / path) as temporary:
            temporary.write_text("".join(_lines(one)), "utf-8")
    described = {"path": ".", "train": "images", "val": "images", "names": dict(enumerate(names))}
    with replacing(folder / "data.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(described, sort_keys=False, allow_unicode=True), "utf-8")


def _lines(one: AnnotatedImage) -> list[str]:
    lines: list[str] = []
    for place, (left, top, right, bottom, label, crowd, _) in enumerate(one.boxes.tolist()):
        if not crowd:
            centre = (left + right) / 2 / one.width, (top + bottom) / 2 / one.height
            numbers = [*centre, (right - left) / one.width, (bottom - top) / one.height]
            numbers += [] if one.scores is None else [float(one.scores[place])]
            lines.append(f"{int(label)} {' '.join(f'{number:.6f}' for number in numbers)}\n")
    return lines
