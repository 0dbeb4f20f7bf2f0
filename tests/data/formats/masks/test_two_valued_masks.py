"""Two-valued masks as drawing, resizing and JPEG leave them, next to values that are classes."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from opsin.core import DataError
from opsin.data import read

RNG = np.random.default_rng(0)
BOTH = ("background", "foreground")
SIDE = 64


def blob(number, scale=1):
    """A filled ellipse, 255 on 0, drawn at `scale` times the size."""
    image = Image.new("L", (SIDE * scale, SIDE * scale))
    ImageDraw.Draw(image).ellipse([scale * part for part in (8 + number, 10, 40 + number, 50)], fill=255)
    return image


def antialiased(number):
    return blob(number, 4).resize((SIDE, SIDE), Image.Resampling.BOX)


def smoothed(number):
    return blob(number, 2).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def blurred(number):
    return blob(number).filter(ImageFilter.GaussianBlur(0.7))


def half_edge(number):
    values = np.asarray(blob(number)).copy()
    inside = np.flatnonzero(values[20])
    values[20, inside[0]], values[20, inside[-1]], values[30, inside[0] - 1] = 64, 128, 200
    return Image.fromarray(values)


def almost_white(number):
    return Image.fromarray((np.asarray(blob(number)) // 255 * 254).astype(np.uint8))


def noisy_ends(number):
    values = np.asarray(blob(number)).astype(int)
    noise = RNG.integers(0, 4, values.shape)
    return Image.fromarray(np.where(values > 0, values - noise, values + noise).astype(np.uint8))


def grey_in_colour(number):
    return antialiased(number).convert("RGB")


def red_on_black(number):
    return Image.merge("RGB", [antialiased(number), Image.new("L", (SIDE, SIDE)), Image.new("L", (SIDE, SIDE))])


def blue_on_white(number):
    values = np.asarray(blob(number))
    return Image.fromarray(np.dstack([255 - values, 255 - values, np.full_like(values, 255)]))


def make(folder, draw, extension="png", count=6, **options):
    for number in range(count):
        for part in ("images", "masks"):
            (folder / part).mkdir(exist_ok=True)
        Image.fromarray(RNG.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(folder / f"images/{number}.png")
        draw(number).save(folder / f"masks/{number}.{extension}", **options)
    return folder


def overlaps(table):
    """Returns the intersection over union of each mask with the drawn ellipse."""
    for id in table.rows["id"]:
        truth = np.asarray(blob(int(id.split("/")[1].split(".")[0]))) > 0
        found = table.masks.read(id) == 1
        yield (truth & found).sum() / (truth | found).sum()


@pytest.mark.parametrize(
    ("draw", "extension"),
    [
        (antialiased, "png"), (smoothed, "png"), (blurred, "png"), (half_edge, "png"), (almost_white, "png"),
        (noisy_ends, "png"), (grey_in_colour, "png"), (antialiased, "gif"), (antialiased, "tif"),
        (blob, "jpg"), (antialiased, "jpg"), (grey_in_colour, "jpg"), (red_on_black, "jpg"), (red_on_black, "png"),
        (blue_on_white, "png"), (blue_on_white, "jpg"),
    ],
)  # fmt: skip
def test_two_classes(tmp_path, draw, extension):
    table = read(make(tmp_path, draw, extension))
    assert table.target.names == BOTH and min(overlaps(table)) > 0.93


def three_classes(number):
    values = np.asarray(blob(number)).copy()
    values[2:8, 2:60] = 128
    return Image.fromarray(values)


def outlined(number):
    image = blob(number)
    ImageDraw.Draw(image).ellipse((8 + number, 10, 40 + number, 50), outline=128)
    return image


def ids_and_void(number):
    values = np.asarray(blob(number)) // 255
    values[0:5] = 255
    values[60:] = 2
    return Image.fromarray(values)


@pytest.mark.parametrize("draw", [three_classes, outlined])
def test_a_third_class_is_a_question(tmp_path, draw):
    with pytest.raises(DataError, match="255 may be a class or mark unlabelled pixels"):
        read(make(tmp_path, draw))


def test_ids_with_unlabelled_pixels_stay_ids(tmp_path):
    table = read(make(tmp_path, ids_and_void))
    assert table.target.names == ("0", "1", "2")
    assert (table.masks.read("images/0.png")[:5] == 255).all() and min(overlaps(table)) > 0.9


COLOURS = np.array([(0, 0, 0), (128, 0, 0), (0, 128, 0), (0, 0, 200)], np.uint8)


def coloured(number):
    values = np.asarray(blob(number)) // 255
    values[54:60, 5:60] = 2
    values[:6] = 3
    return Image.fromarray(COLOURS[values])


@pytest.mark.parametrize(
    ("extension", "options"), [("png", {}), ("bmp", {}), ("jpg", {"quality": 92, "subsampling": 0})]
)
def test_named_colours(tmp_path, extension, options):
    make(tmp_path, coloured, extension, **options)
    lines = [f"{name} {r} {g} {b}" for name, (r, g, b) in zip(("none", "cat", "dog", "sky"), COLOURS, strict=True)]
    (tmp_path / "labelmap.txt").write_text("\n".join(lines))
    table = read(tmp_path)
    assert table.target.names == ("none", "cat", "dog", "sky") and min(overlaps(table)) > 0.93
    assert set(np.unique(table.masks.read("images/0.png"))) == {0, 1, 2, 3}


def test_names_by_grey_value(tmp_path):
    def draw(number):
        values = np.asarray(blob(number)) // 255 * 7
        values[60:] = 3
        return Image.fromarray(values)

    make(tmp_path, draw)
    (tmp_path / "obj_class_to_machine_color.json").write_text('{"cat": [7, 7, 7], "dog": [3, 3, 3]}')
    table = read(tmp_path)
    assert table.target.names == ("background", "dog", "cat")
    assert (table.masks.read("images/0.png")[60:] == 1).all()
