"""A CSV with a row for each box."""

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


def write_box_listing(path: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """path, xmin, ymin, xmax, ymax, label and, of predictions, confidence; an image without a box has a row of its own.

    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "boxes.csv"
    >>> write_box_listing(path, ["cat"], [AnnotatedImage("a.jpg", 10, 10, np.array([[1, 2, 3, 6, 0, 0, 8]]))])
    >>> path.read_text().splitlines()[1]
    'a.jpg,1.0,2.0,3.0,6.0,cat'
    """
    rows: list[list[Any]] = []
    for one in images:
        scores = [None] * len(one.boxes) if one.scores is None else [round(float(score), 5) for score in one.scores]
        for (left, top, right, bottom, label, _, _), score in zip(one.boxes.tolist(), scores, strict=True):
            rows.append([one.id, *(round(side, 3) for side in (left, top, right, bottom)), names[int(label)], score])
        if not len(one.boxes):
            rows.append([one.id, *[None] * 6])
    frame = pl.DataFrame(rows, schema=_TYPES, orient="row")
    if frame["confidence"].is_null().all():
        frame = frame.drop("confidence")
    with replacing(path) as temporary:
        frame.write_csv(temporary)
