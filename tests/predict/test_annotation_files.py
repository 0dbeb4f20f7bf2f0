import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from opsin.core import OpsinError
from opsin.model import Model
from opsin.predict import predict_files
from opsin.predict.annotation_files import StoredPredictions, pack
from opsin.predict.pipeline import FilePrediction
from opsin.tasks import Detect


@pytest.fixture
def pictures(tmp_path: Path, spots) -> list[Path]:
    """Four pictures of spots, of which the second has none, and a broken one."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(spots(32, 56, number, 0 if number == 1 else 9)[..., 0]).save(folder / f"{number}.png")
    (folder / "broken.png").write_text("no image")
    return sorted(folder.iterdir())


def boxes_of(path: Path) -> list[list[int]]:
    """xmin, ymin, width and height of the spots of a picture."""
    rows, columns = np.nonzero(np.asarray(Image.open(path))[::4, ::4])
    return sorted([4 * int(x), 4 * int(y), 4, 4] for y, x in zip(rows, columns, strict=True))


def coco(path: Path) -> tuple[dict[str, list[dict]], list[dict]]:
    """Annotations by image, and the images."""
    told = json.loads(path.read_text())
    assert [(one["id"], one["name"]) for one in told["categories"]] == [(told["categories"][0]["id"], "spot")]
    names = {image["id"]: image["file_name"] for image in told["images"]}
    found: dict[str, list[dict]] = {name: [] for name in names.values()}
    for one in told["annotations"]:
        found[names[one["image_id"]]].append(one)
    return found, told["images"]


@pytest.mark.parametrize("name", ["detect", "instances", "segment"])
def test_coco_holds_every_object(make_placed, pictures: list[Path], tmp_path: Path, name: str):
    predict_files(make_placed(name), pictures, tmp_path / "out.json", tiles=True)
    found, images = coco(tmp_path / "out.json")
    good = [path for path in pictures if path.name != "broken.png"]
    assert [image["file_name"] for image in images] == [path.name for path in good]
    assert {(image["height"], image["width"]) for image in images} == {(32, 56)}
    for path in good:
        white = int((np.asarray(Image.open(path)) > 0).sum())
        assert sum(one["area"] for one in found[path.name]) == pytest.approx(white, abs=0.5)
        assert all(0 < one["score"] <= 1 for one in found[path.name])
        if name != "segment":
            boxes = sorted([round(side) for side in one["bbox"]] for one in found[path.name])
            assert boxes == boxes_of(path)
        assert all(("segmentation" in one) == (name != "detect") for one in found[path.name])
    assert pl.read_csv(tmp_path / "out.errors.csv")["path"].to_list() == [str(pictures[-1])]


def test_yolo_labels_stand_beside_pictures(make_placed, pictures: list[Path], tmp_path: Path):
    predict_files(make_placed("detect"), pictures, tmp_path / "out", tiles=True)
    output = tmp_path / "out"
    assert "spot" in (output / "data.yaml").read_text()
    for path in pictures[:4]:
        (label,) = output.rglob(f"{path.stem}.txt")
        lines = [[float(word) for word in line.split()] for line in label.read_text().splitlines() if line]
        boxes = [[(x - w / 2) * 56, (y - h / 2) * 32, w * 56, h * 32] for _, x, y, w, h, *_ in lines]
        assert sorted([round(side) for side in box] for box in boxes) == boxes_of(path)
        assert all(0 < line[5] <= 1 for line in lines)
        assert Image.open(output / "pictures" / f"{path.stem}.jpg").size[0] >= 56
    assert not list(output.rglob("broken.*"))
    assert len(pl.read_csv(output / "errors.csv")) == 1


@pytest.mark.parametrize("name", ["out.json", "out/"])
def test_stopped_and_started_again_it_ends_the_same(make_placed, pictures, tmp_path: Path, monkeypatch, name: str):
    monkeypatch.setattr("opsin.predict.pipeline._MAX_SPATIAL", 2)
    model = make_placed("detect")

    def stop(stage: str, done: float, total: float, note: str = "") -> None:
        if done >= 2:
            raise KeyboardInterrupt

    for folder in ("whole", "stopped"):
        (tmp_path / folder).mkdir()
    predict_files(model, pictures, f"{tmp_path}/whole/{name}")
    with pytest.raises(KeyboardInterrupt):
        predict_files(model, pictures, f"{tmp_path}/stopped/{name}", progress=stop)
    seen: list[float] = []
    predict_files(model, pictures, f"{tmp_path}/stopped/{name}", progress=lambda s, d, t, note="": seen.append(d))
    assert seen == [4, 5, 5]
    whole, stopped = (contents(tmp_path / folder) for folder in ("whole", "stopped"))
    assert whole == stopped and len(whole) > 1
    again: list[float] = []
    predict_files(model, pictures, f"{tmp_path}/whole/{name}", progress=lambda s, d, t, note="": again.append(d))
    assert again == [5]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_of_the_user_is_left_alone(make_placed, pictures: list[Path], tmp_path: Path):
    with pytest.raises(OpsinError, match="holds no finished predictions"):
        predict_files(make_placed("detect"), pictures, tmp_path / "images")
    with pytest.raises(OpsinError, match="made by another model"):
        for confidence in (0.5, 0.9):
            predict_files(make_placed("detect"), pictures, tmp_path / "out", confidence=confidence)
    assert len(os.listdir(tmp_path / "images")) == 5


def test_packed_answers_come_back(tmp_path: Path):
    answer = np.array([[0, 0, 4, 4, 0, 0.9]], np.float32)
    seen = [FilePrediction(Path("d/a.png"), (8, 9), answer), FilePrediction(Path("d/b.png"), error="is empty")]
    (tmp_path / "piece").write_bytes(pack(seen))
    kept = StoredPredictions(
        Detect(("spot",)), {Path("d/a.png"): "a.png", Path("d/b.png"): "b.png"}, [tmp_path / "piece"] * 2
    )
    assert [(one.id, one.height, one.width, len(one.boxes)) for one in kept.annotations()] == [("a.png", 8, 9, 1)] * 2
    assert list(kept.errors()) == [("d/b.png", "is empty")] * 2


def test_a_model_of_classes_writes_no_annotations(model: Model, images: list[Path], tmp_path: Path):
    with pytest.raises(OpsinError, match=r"expected a name that ends in \.csv"):
        predict_files(model, images, tmp_path / "out.json")
