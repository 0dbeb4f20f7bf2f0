"""Writer of CSV files with one row per box."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opsin.core import replacing

from .annotated_image import AnnotatedImage

_TYPES = {
    "path": pl.Utf8,
    "xmin": pl.Float64,
    "ymin": pl.Float64,
    "xmax": pl.Float64,
    "ymax": pl.Float64,
    "label": pl.Utf8,
    "confidence": pl.Float64,
}


def write_boxes_csv(path: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """Writes a CSV with the columns path, xmin, ymin, xmax, ymax, label and, for predictions, confidence.

    An image without boxes has one row with empty cells. The file is written completely or not at all.

    Args:
        path: The file to write.
        names: Names of the classes.
        images: The annotated images.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> path = Path(tempfile.mkdtemp()) / "boxes.csv"
        >>> write_boxes_csv(path, ["cat"], [AnnotatedImage("a.jpg", 10, 10, np.array([[1, 2, 3, 6, 0, 0, 8]]))])
        >>> path.read_text().splitlines()[1]
        'a.jpg,1.0,2.0,3.0,6.0,cat'
    """
    rows: list[list[Any]] = []
    for image in images:
        scores = (
            [None] * len(image.boxes) if image.scores is None else [round(float(score), 5) for score in image.scores]
        )
        for (left, top, right, bottom, label, _, _), score in zip(image.boxes.tolist(), scores, strict=True):
            rows.append([image.id, *(round(side, 3) for side in (left, top, right, bottom)), names[int(label)], score])
        if not len(image.boxes):
            rows.append([image.id, *[None] * 6])
    frame = pl.DataFrame(rows, schema=_TYPES, orient="row")
    if frame["confidence"].is_null().all():
        frame = frame.drop("confidence")
    with replacing(path) as temporary:
        frame.write_csv(temporary)
