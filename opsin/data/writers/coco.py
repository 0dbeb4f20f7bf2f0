"""COCO's json; https://cocodataset.org/#format-data and #format-results."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from opsin.core import replacing
from opsin.geometry.rle import encode_runs

from .annotated_image import AnnotatedImage


def write_coco(path: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """Images, annotations and categories as one file, whole or not at all; masks as run lengths, scores as `score`.

    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "found.json"
    >>> write_coco(path, ["cat"], [AnnotatedImage("a.jpg", 8, 8, np.array([[1, 2, 4, 6, 0, 0, 12]]))])
    >>> json.loads(path.read_text())["annotations"][0]["bbox"]
    [1.0, 2.0, 3.0, 4.0]
    """
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for one in images:
        listed.append({"id": len(listed) + 1, "file_name": one.id, "height": one.height, "width": one.width})
        for place in range(len(one.boxes)):
            annotations.append({"id": len(annotations) + 1, "image_id": len(listed), **_annotation(one, place)})
    categories = [{"id": place, "name": name} for place, name in enumerate(names, 1)]
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        json.dump({"images": listed, "annotations": annotations, "categories": categories}, file, ensure_ascii=False)


def _annotation(one: AnnotatedImage, place: int) -> dict[str, Any]:
    left, top, right, bottom, label, crowd, area = one.boxes[place].astype(float).tolist()
    made: dict[str, Any] = {
        "category_id": int(label) + 1,
        "bbox": [round(side, 3) for side in (left, top, right - left, bottom - top)],
        "area": round(area, 3),
        "iscrowd": int(crowd),
    }
    if one.masks is not None:
        made |= {"segmentation": encode_runs(one.masks[place]), "area": int(one.masks[place].sum())}
    if one.scores is not None:
        made["score"] = round(float(one.scores[place]), 5)
    return made
