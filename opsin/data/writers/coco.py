"""Writer of COCO JSON; https://cocodataset.org/#format-data and #format-results."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from opsin.core import replacing
from opsin.geometry.rle import encode_runs

from .annotated_image import AnnotatedImage


def write_coco(path: Path, names: Sequence[str], images: Iterable[AnnotatedImage]) -> None:
    """Writes a COCO JSON file: masks run-length encoded, scores as `score`. Written completely or not at all.

    Args:
        path: The file to write.
        names: Names of the classes; their category ids start at 1.
        images: The annotated images.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> path = Path(tempfile.mkdtemp()) / "found.json"
        >>> write_coco(path, ["cat"], [AnnotatedImage("a.jpg", 8, 8, np.array([[1, 2, 4, 6, 0, 0, 12]]))])
        >>> json.loads(path.read_text())["annotations"][0]["bbox"]
        [1.0, 2.0, 3.0, 4.0]
    """
    entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image in images:
        entries.append({"id": len(entries) + 1, "file_name": image.id, "height": image.height, "width": image.width})
        for index in range(len(image.boxes)):
            annotations.append({"id": len(annotations) + 1, "image_id": len(entries), **_annotation(image, index)})
    categories = [{"id": index, "name": name} for index, name in enumerate(names, 1)]
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        json.dump({"images": entries, "annotations": annotations, "categories": categories}, file, ensure_ascii=False)


def _annotation(image: AnnotatedImage, index: int) -> dict[str, Any]:
    left, top, right, bottom, label, crowd, area = image.boxes[index].astype(float).tolist()
    annotation: dict[str, Any] = {
        "category_id": int(label) + 1,
        "bbox": [round(side, 3) for side in (left, top, right - left, bottom - top)],
        "area": round(area, 3),
        "iscrowd": int(crowd),
    }
    if image.masks is not None:
        annotation |= {"segmentation": encode_runs(image.masks[index]), "area": int(image.masks[index].sum())}
    if image.scores is not None:
        annotation["score"] = round(float(image.scores[index]), 5)
    return annotation
