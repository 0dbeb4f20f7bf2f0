"""Masks drawn on photographs that EXIF rotates: on the image as stored, or on the upright image."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from opsin.data import ImagePreprocessing, open_masks, read

SIZE = (30, 50)


def save(folder, orientations, upright, size=SIZE, extension="jpg"):
    """Writes photographs with an EXIF orientation, and a mask of a mark that is the bright area of each."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for number, orientation in enumerate(orientations):
        mark = np.zeros(size, np.uint8)
        mark[3:11, 4 + number : 20] = 255
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = Image.fromarray(np.dstack([mark] * 3))
        image.save(folder / f"images/{number}.{extension}", exif=exif, quality=95)
        mask = Image.fromarray(mark // 255)
        if upright:
            mask.getexif()[0x0112] = orientation
            mask = ImageOps.exif_transpose(mask)
            mask = Image.fromarray(np.asarray(mask))
        mask.save(folder / f"masks/{number}.png")
    return read(folder)


def agreement(table):
    """Returns the lowest share of pixels at which the mask agrees with the bright area of the upright photograph."""
    shares = []
    for id in table.rows["id"]:
        with Image.open(table.images.path(id)) as opened:
            bright = np.asarray(ImageOps.exif_transpose(opened).convert("L")) > 127
        mask = table.masks.read(id)
        assert mask.shape == bright.shape and mask.flags.c_contiguous
        shares.append(float((mask.astype(bool) == bright).mean()))
    return min(shares)


@pytest.mark.parametrize("orientations", [(6,) * 4, (8,) * 4, (5, 7, 6), (6, 3, 1), (1, 2, 8, 4, 3)])
@pytest.mark.parametrize("upright", [False, True], ids=["stored", "upright"])
def test_masks_lie_on_what_they_mark(tmp_path, orientations, upright):
    table = save(tmp_path, orientations, upright)
    assert agreement(table) > 0.98
    assert not open_masks(table, ImagePreprocessing.of_size((16, 16, 1))).errors
    rotated = [note for note in table.notes if "drawn before EXIF rotated the image" in note]
    assert len(rotated) == (not upright)


@pytest.mark.parametrize(("orientations", "size"), [((3, 3, 2), SIZE), ((6, 8), (40, 40))])
def test_sizes_that_show_nothing_are_noted(tmp_path, orientations, size):
    table = save(tmp_path, orientations, True, size)
    assert agreement(table) > 0.98
    assert any(
        "rotated by EXIF, masks read on the upright image (no size shows another)" in note for note in table.notes
    )


def test_photographs_without_an_orientation_have_no_note(tmp_path):
    table = save(tmp_path, (1, 1), False)
    assert agreement(table) > 0.98 and not any("EXIF" in note for note in table.notes)
