import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import Intensity, decode
from opsin.model.inputs import as_list, read_image

ANY = (1, 1)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(mode: str) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)
    return Image.fromarray(pixels, "RGBA").convert("RGB" if mode in ("CMYK", "P", "HSV") else mode).convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "I;16"])
def test_a_picture_reads_as_its_file_does(mode: str):
    picture = noise("L").convert("I").point(lambda v: v * 257).convert("I;16") if mode == "I;16" else noise(mode)
    content = encoded(picture)
    np.testing.assert_array_equal(read_image(picture, ANY), decode(content))
    np.testing.assert_array_equal(read_image(content, ANY), decode(content))


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV"])
def test_other_colour_spaces_become_colour(mode: str):
    picture = noise(mode)
    np.testing.assert_array_equal(read_image(picture, ANY), np.asarray(picture.convert("RGB")))


def test_transparent_palette_lies_over_white():
    picture = Image.new("P", (4, 4))
    picture.info["transparency"] = 0
    assert read_image(picture, ANY).min() == 255


def test_turned_by_exif():
    picture = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    exif = picture.getexif()
    exif[0x0112] = 6
    content = encoded(picture, "PNG", exif=exif.tobytes())
    with Image.open(io.BytesIO(content)) as turned:
        np.testing.assert_array_equal(read_image(turned, ANY), decode(content))
        assert read_image(turned, ANY).shape == (3, 2, 1)


def test_arrays_pass_and_paths_open(tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    np.testing.assert_array_equal(read_image(pixels, ANY), pixels)
    assert read_image(pixels[:, :, 0], ANY).shape == (4, 6, 1)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", ANY), pixels)
    np.testing.assert_array_equal(read_image(str(tmp_path / "a.png"), ANY), pixels)


@pytest.mark.parametrize("bad", ["nowhere.png", ".", "a\0b", b"", b"text", np.zeros(3), np.zeros((2, 2, 3)) - 1, None])
def test_what_is_no_image_is_a_data_error(bad: object):
    with pytest.raises(DataError) as caught:
        read_image(bad, ANY)
    assert "\n" not in str(caught.value)


def test_one_or_many():
    array = np.zeros((5, 4, 4, 3), np.uint8)
    assert len(as_list(array)) == 5
    assert [len(as_list(one)) for one in (array[0], array[0, :, :, 0], "a.png", Path("a"), b"x", noise("L"))] == [1] * 6
    assert as_list(path for path in ("a", "b")) == ["a", "b"]


@pytest.mark.parametrize("nothing", [None, 3, 2.5])
def test_what_is_neither_one_nor_many_is_a_data_error(nothing: object):
    with pytest.raises(DataError, match="Expected paths, bytes, PIL images or arrays"):
        as_list(nothing)


def test_a_picture_that_ends_too_early_is_a_data_error():
    content = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)), "JPEG")
    with Image.open(io.BytesIO(content[: len(content) // 2])) as picture, pytest.raises(DataError, match="cut short"):
        read_image(picture, ANY)


def test_deep_pictures_read_as_their_files_do():
    values = np.linspace(0, 4095, 35, dtype=np.uint16).reshape(7, 5)
    for picture, kind in ((Image.fromarray(values), "PNG"), (Image.fromarray(values.astype(np.float32)), "TIFF")):
        for intensity in (Intensity(4095), Intensity(1023)):
            expected = decode(encoded(picture, kind), intensity=intensity)
            np.testing.assert_array_equal(read_image(picture, ANY, intensity), expected)
            assert expected[3, 2, 0] == min(255, round(int(values[3, 2]) * 255 / intensity.high))
