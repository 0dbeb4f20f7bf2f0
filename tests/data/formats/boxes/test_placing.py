"""Boxes drawn on the image as stored or upright, compared with Pillow's own rotation of the drawn pixels."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from opsin.data import BOXES, INSTANCES, FileImages, read
from opsin.data.decode import decode
from opsin.data.formats.boxes.placing import are_relative
from opsin.geometry.rle import encode_runs

BOX = (10, 20, 40, 35)
HEIGHT, WIDTH = 60, 80


def drawn(orientation: int, shape=(HEIGHT, WIDTH)) -> tuple[Image.Image, np.ndarray, tuple[int, int, int, int]]:
    """An image with a white box and an orientation, its mask as stored, and the box of the upright image."""
    mask = np.zeros(shape, np.uint8)
    mask[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    image = Image.fromarray(mask)
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = ImageOps.exif_transpose(_with(image, exif))
    return image, mask > 0, upright.getbbox()


def _with(image: Image.Image, exif: Image.Exif) -> Image.Image:
    image = image.copy()
    image.getexif().update(exif)
    return image


def save(path: Path, image: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, exif=exif)


def coco(folder: Path, entries, **more) -> None:
    images = [{"id": i, "file_name": name} | sizes for i, (name, sizes, _) in enumerate(entries)]
    notes = [
        {"id": i, "image_id": i, "category_id": 1, "bbox": [x, y, right - x, bottom - y], "iscrowd": 0} | more
        for i, (_, _, (x, y, right, bottom)) in enumerate(entries)
    ]
    text = json.dumps({"images": images, "annotations": notes, "categories": [{"id": 1, "name": "cat"}]})
    (folder / "set.json").write_text(text)


STORED, UPRIGHT = {"height": HEIGHT, "width": WIDTH}, {"height": WIDTH, "width": HEIGHT}


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_the_sizes_in_the_file_show_on_which_image_boxes_were_drawn(tmp_path, orientation, extension):
    image, _, upright = drawn(orientation)
    names = [f"{i}.{extension}" for i in range(3)]
    for name in names:
        save(tmp_path / name, image, orientation)
    coco(tmp_path, [(name, STORED, BOX) for name in names])
    table = read(tmp_path)
    assert table.targets()[0][0, :4].tolist() == list(upright)
    pixels = decode(FileImages(tmp_path).read(names[0]))[:, :, 0]
    x0, y0, x1, y1 = table.targets()[0][0, :4].astype(int).tolist()
    assert pixels[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].min() > 200 and pixels.sum() < 255 * 1.1 * (y1 - y0) * (x1 - x0)
    assert any("3 images annotated before EXIF rotated them" in note for note in table.notes)
    coco(tmp_path, [(name, UPRIGHT, upright) for name in names])
    table = read(tmp_path)
    assert table.targets()[0][0, :4].tolist() == list(upright)
    assert not any("EXIF" in note for note in table.notes)


@pytest.mark.parametrize("outline", ["polygon", "runs"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_outlines_are_rotated_with_their_boxes(tmp_path, orientation, outline):
    image, mask, upright = drawn(orientation)
    for index in range(3):
        save(tmp_path / f"{index}.png", image, orientation)
    x0, y0, x1, y1 = BOX
    segmentation = [[x0, y0, x1, y0, x1, y1, x0, y1]] if outline == "polygon" else encode_runs(mask)
    coco(tmp_path, [(f"{i}.png", STORED, BOX) for i in range(3)], segmentation=segmentation)
    assert read(tmp_path, BOXES).targets()[0][0, :4].tolist() == list(upright)
    codes = read(tmp_path, INSTANCES).masks.read("0.png")
    assert codes.shape == (WIDTH, HEIGHT)
    assert Image.fromarray((codes == 256).astype(np.uint8)).getbbox() == upright


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_flipped_and_half_turned_images_follow_the_others(tmp_path, orientation):
    image, _, flipped = drawn(orientation)
    turned, _, _ = drawn(6)
    save(tmp_path / "flipped.png", image, orientation)
    save(tmp_path / "turned.png", turned, 6)
    coco(tmp_path, [("flipped.png", STORED, BOX), ("turned.png", STORED, BOX)])
    assert read(tmp_path).targets()[0][0, :4].tolist() == list(flipped)
    coco(tmp_path, [("flipped.png", STORED, BOX), ("turned.png", UPRIGHT, (25, 10, 40, 40))])
    assert read(tmp_path).targets()[0][0, :4].tolist() == list(BOX)
    coco(tmp_path, [("flipped.png", STORED, BOX)])
    table = read(tmp_path)
    assert table.targets()[0][0, :4].tolist() == list(BOX)
    assert any("1 image rotated by EXIF, boxes read on the upright image" in note for note in table.notes)


def test_without_sizes_boxes_beyond_the_upright_image_show_it(tmp_path):
    image, _, _ = drawn(6)
    for index in range(2):
        save(tmp_path / f"{index}.png", image, 6)
    coco(tmp_path, [("0.png", {}, (50, 20, 75, 35)), ("1.png", {}, BOX)])
    table = read(tmp_path)
    assert [boxes[0, :4].tolist() for boxes in table.targets()] == [[25, 50, 40, 75], [25, 10, 40, 40]]


def test_a_resized_image_that_exif_rotates(tmp_path):
    image, _, _ = drawn(6)
    save(tmp_path / "0.png", image, 6)
    save(tmp_path / "1.png", image, 6)
    double = {"height": 2 * HEIGHT, "width": 2 * WIDTH}
    coco(tmp_path, [(f"{i}.png", double, (20, 40, 80, 70)) for i in range(2)])
    assert read(tmp_path).targets()[0][0, :4].tolist() == [25, 10, 40, 40]


@pytest.mark.parametrize(
    ("values", "relative"),
    [([0.1, 0.2, 0.9, 1.0], True), ([0, 0, 1, 1], False), ([0.5, 3.0], False), ([], False), ([0.2, 1.05], True)],
)
def test_are_relative(values, relative):
    assert are_relative(np.array(values, float)) is relative
