"""Writer of YOLO data.yaml and label files; https://docs.ultralytics.com/datasets/detect."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from opsin.core import DataError, replacing

from ..formats.boxes.yolo_files import label_path
from .annotated_image import AnnotatedImage


def write_yolo(folder: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """Writes a text file for each image below `folder`/labels and, last, a data.yaml that refers to images/.

    A line is class, centre, width and height relative to the image, and the score when there is one. Crowds are left
    out, because YOLO has no representation of them.

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
        >>> write_yolo(folder, ["cat"], [AnnotatedImage("a.jpg", 10, 10, np.array([[1, 2, 3, 6, 0, 0, 8]]))])
        >>> (folder / "labels/a.txt").read_text()
        '0 0.200000 0.400000 0.200000 0.400000\\n'
    """
    import yaml

    written: dict[str, str] = {}
    for image in images:
        id = image.id if image.id.startswith("images/") else f"images/{image.id}"
        path = label_path(id)
        if path in written:
            raise DataError(f"{image.id} and {written[path]} would both be {path}. Fix: rename one of them.")
        written[path] = image.id
        with replacing(folder / path) as temporary:
            temporary.write_text("".join(_lines(image)), "utf-8")
    config = {"path": ".", "train": "images", "val": "images", "names": dict(enumerate(names))}
    with replacing(folder / "data.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), "utf-8")


def _lines(image: AnnotatedImage) -> list[str]:
    lines: list[str] = []
    for index, (left, top, right, bottom, label, crowd, _) in enumerate(image.boxes.tolist()):
        if not crowd:
            centre = (left + right) / 2 / image.width, (top + bottom) / 2 / image.height
            values = [*centre, (right - left) / image.width, (bottom - top) / image.height]
            values += [] if image.scores is None else [float(image.scores[index])]
            lines.append(f"{int(label)} {' '.join(f'{value:.6f}' for value in values)}\n")
    return lines
