import json

import numpy as np
import pytest
from PIL import Image

from opsin import data

CORNERS = [(10 + 4 * at, 5 + 3 * at, 60 + at, 40 + at) for at in range(4)]
WIDTH, HEIGHT = 72, 48


def _coco(folder, boxes):
    images = [{"id": at, "file_name": f"{at}.png", "width": WIDTH, "height": HEIGHT} for at in range(4)]
    content = {
        "images": images,
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": at, "image_id": at, "category_id": 1, "bbox": box} for at, box in enumerate(boxes)],
    }
    (folder / "a.json").write_text(json.dumps(content))


def _yolo(folder, boxes):
    for at, box in enumerate(boxes):
        numbers = np.array(box) / [WIDTH, HEIGHT, WIDTH, HEIGHT]
        (folder / f"{at}.txt").write_text(f"0 {' '.join(f'{one:.4f}' for one in numbers)}\n")


@pytest.mark.parametrize("write", [_coco, _yolo])
@pytest.mark.parametrize(
    ("boxes", "noted"),
    [
        (CORNERS, True),
        ([(x, y, 10, 8) for x, y, *_ in CORNERS], False),
        ([*CORNERS[:3], (60, 40, 10, 6)], False),
        ([(8, 6, 14, 10)] * 4, False),
    ],
    ids=["corners", "sizes", "one fits no corners", "fits both"],
)
def test_a_note_where_boxes_fit_better_as_corners(tmp_path, write, boxes, noted):
    for at in range(4):
        Image.new("L", (WIDTH, HEIGHT), at).save(tmp_path / f"{at}.png")
    write(tmp_path, boxes)
    notes = " ".join(data.read(tmp_path).notes)
    assert ("fit as two corners" in notes) is noted
