"""Decoding against Pillow, mode by mode, and every kind of file that must not pass."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from opsin.core import DataError
from opsin.core.limits import MAX_PIXELS
from opsin.data import Intensity, as_pixels, decode
from opsin.data.decode import header

RNG = np.random.default_rng(0)
# smooth, so that JPEG comes near
WAVES = (127 + 120 * np.sin(np.add.outer(np.arange(40) / 9, np.arange(56) / 7))).astype(np.uint8)
COLOUR = np.stack([WAVES, WAVES[::-1], WAVES[:, ::-1]], axis=2)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "PPM", "GIF", "JPEG2000"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossless_formats_keep_the_pixels(kind, mode):
    image = Image.fromarray(COLOUR if mode == "RGB" else WAVES)
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(image, kind, **options)
    expected = np.asarray(Image.open(io.BytesIO(content)).convert(mode))
    grey = mode == "L" and kind not in ("WEBP", "GIF")  # WebP has no grey; GIF is a palette or grey
    got = decode(content)
    assert got.dtype == np.uint8 and got.shape[:2] == (40, 56)
    if kind != "GIF":
        assert got.shape[2] == (1 if grey else 3)
    np.testing.assert_array_equal(got[:, :, 0], expected if mode == "L" else expected[:, :, 0])
    assert header(content) == got.shape


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_agrees_with_pillow(mode):
    content = encoded(Image.fromarray(COLOUR).convert(mode), "JPEG", quality=95)
    expected = np.asarray(Image.open(io.BytesIO(content)).convert("L" if mode == "L" else "RGB")).reshape(40, 56, -1)
    got = decode(content)
    assert got.shape == expected.shape == header(content)
    assert np.abs(got.astype(int) - expected).max() <= 2  # another upsampling of colour, at most a step or two


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_matches_pillow(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(COLOUR), kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))
    assert header(content) == expected.shape
    assert np.abs(decode(content).astype(int) - expected).max() <= 2
    scaled = decode(content, at_least=(3, 3))
    assert (scaled.shape[0] < scaled.shape[1]) == (expected.shape[0] < expected.shape[1])


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 300),
    st.sampled_from(["L", "RGB", "CMYK"]),
)
def test_scaled_jpeg_is_never_below_the_target_nor_above_the_file(height, width, least_height, least_width, mode):
    content = encoded(Image.new(mode, (width, height)), "JPEG")
    got = decode(content, at_least=(least_height, least_width)).shape
    assert min(height, least_height) <= got[0] <= height
    assert min(width, least_width) <= got[1] <= width


def test_large_jpeg_is_scaled_while_it_is_decoded():
    content = encoded(Image.new("RGB", (1600, 1200)), "JPEG")
    assert decode(content, at_least=(224, 224)).shape == (300, 400, 3)


@pytest.mark.parametrize("top", [255, 1023, 4095, 16383, 65535])
def test_sixteen_bits_are_scaled_by_the_data_set_or_by_their_type(top):
    values = np.linspace(0, top, 64).round().astype(np.uint16).reshape(8, 8)
    for intensity, high in ((None, 65535), (Intensity(top), top), (Intensity(4095), 4095)):
        got = decode(encoded(Image.fromarray(values), "PNG"), intensity=intensity)
        assert got.shape == (8, 8, 1)
        np.testing.assert_array_equal(got[:, :, 0], np.rint(np.minimum(values * (255 / high), 255)))
        np.testing.assert_array_equal(decode(encoded(Image.fromarray(values), "TIFF"), intensity=intensity), got)
        np.testing.assert_array_equal(as_pixels(values, intensity), got)


def test_transparency_is_composited_over_white():
    image = np.zeros((2, 2, 4), np.uint8)
    image[0, 0] = (10, 20, 30, 255)
    image[1, 1] = (0, 0, 0, 128)
    for got in (decode(encoded(Image.fromarray(image), "PNG")), as_pixels(image)):
        assert got[0, 0].tolist() == [10, 20, 30]
        assert got[0, 1].tolist() == [255, 255, 255]
        assert abs(int(got[1, 1, 0]) - 127) <= 1


def test_palette_grey_alpha_and_one_bit():
    palette = Image.fromarray(COLOUR).quantize(8)
    np.testing.assert_array_equal(decode(encoded(palette, "PNG")), np.asarray(palette.convert("RGB")))
    clear = encoded(palette, "PNG", transparency=int(np.asarray(palette)[0, 0]))
    assert decode(clear)[0, 0].tolist() == [255, 255, 255]
    grey_alpha = Image.merge("LA", [Image.fromarray(WAVES), Image.new("L", (56, 40), 255)])
    np.testing.assert_array_equal(decode(encoded(grey_alpha, "PNG"))[:, :, 0], WAVES)
    bits = WAVES > 100
    assert decode(encoded(Image.fromarray(bits), "PNG")).shape == (40, 56, 1)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(bits), "PNG"))[:, :, 0], bits * np.uint8(255))


def test_fractions_and_counts_in_a_file():
    shares = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(shares), "TIFF"))[:, :, 0], np.rint(shares * 255))
    counts = encoded(Image.fromarray((shares * 4095).round()), "TIFF")
    np.testing.assert_array_equal(decode(counts, intensity=Intensity(4095))[:, :, 0], np.rint(shares * 255))
    with pytest.raises(DataError, match=r"values up to 4095 .* no data set gives their scale"):
        decode(counts)


def png_header(width: int, height: int) -> bytes:
    bodies = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b"\0" * 99))
    chunks = [struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) for body in bodies]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_header(width: int, height: int) -> bytes:
    content = bytearray(encoded(Image.new("RGB", (16, 16)), "JPEG"))
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(content)


@pytest.mark.parametrize("content", [png_header(100_000, 100_000), jpeg_header(60_000, 60_000)], ids=["png", "jpeg"])
def test_hostile_headers_are_refused_before_memory_is_taken(content):
    for look in (decode, header):
        with pytest.raises(DataError, match=r"declares|many pixels") as error:
            look(content)
        assert "\n" not in str(error.value)
    assert MAX_PIXELS < 60_000 * 60_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"this is no image, whatever its name says", "not an image"),
        (encoded(Image.fromarray(COLOUR), "PNG")[:300], "cut short or damaged"),
        (encoded(Image.fromarray(COLOUR), "JPEG")[:700], "cut short or damaged"),
        (encoded(Image.fromarray(COLOUR), "TIFF")[:700], "cut short or damaged"),
        (b"\xff\xd8\xff\xe0", "not an image|damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
    ],
)
def test_bad_content_is_a_one_line_error(content, words):
    with pytest.raises(DataError, match=words) as error:
        decode(content)
    assert "\n" not in str(error.value) and len(str(error.value)) < 200


@given(st.binary(max_size=200), st.integers(0, 2**32))
def test_any_bytes_decode_or_raise_a_data_error(noise, seed):
    whole = bytearray(encoded(Image.fromarray(COLOUR), ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")[seed % 6]))
    place = seed % len(whole)
    whole[place : place + len(noise)] = noise
    try:
        got = decode(bytes(whole), at_least=(8, 8))
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert got.dtype == np.uint8 and got.ndim == 3 and got.shape[2] in (1, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(5), "shape"),
        (np.zeros((5, 4, 7)), "shape"),
        (np.zeros((0, 4)), "shape"),
        (np.full((4, 4), -1.0), "negative"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.full((4, 4), 7.5), "Expected 0 to 1, or"),
        (np.array([["a", "b"]]), "numbers"),
        (np.full((4, 4), 2**40), "Expected 0 to 255, or"),
    ],
)
def test_arrays_that_are_not_images(array, words):
    with pytest.raises(DataError, match=words):
        as_pixels(array)


def test_arrays_of_every_layout():
    image = COLOUR
    np.testing.assert_array_equal(as_pixels(np.moveaxis(image, 2, 0)), image)
    np.testing.assert_array_equal(as_pixels(image / 255.0), image)
    np.testing.assert_array_equal(as_pixels(image.astype(np.int64)), image)
    np.testing.assert_array_equal(as_pixels(WAVES > 127)[:, :, 0], (WAVES > 127) * 255)
