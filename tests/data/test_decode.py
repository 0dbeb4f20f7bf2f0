"""Decoding against Pillow, mode by mode, and every kind of file that must not pass."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from opsin.core import DataError
from opsin.core.limits import MAX_PIXELS
from opsin.data import Intensity, as_pixels, decode
from opsin.data.cut_short import is_cut_short
from opsin.data.decode import header, header_and_depth

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


def png16(values: np.ndarray, colour: int) -> bytes:
    """16-bit PNG of colour type 2 (RGB), 4 (grey and alpha) or 6 (RGBA), by its specification."""
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour, 0, 0, 0)
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff(values: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


LEVELS = np.linspace(0, 4095, 40 * 30 * 3).reshape(40, 30, 3).astype(np.uint16)


@pytest.mark.parametrize(
    "content",
    [
        png16(LEVELS, 2),
        png16(np.dstack([LEVELS, np.full((40, 30), 65535, np.uint16)]), 6),
        tiff(LEVELS, photometric="rgb"),
        tiff(LEVELS, photometric="rgb", compression="zlib", predictor=True),
        tiff(LEVELS, photometric="rgb", byteorder=">"),
        tiff(LEVELS, photometric="rgb", bigtiff=True),
        tiff(np.moveaxis(LEVELS, 2, 0), photometric="rgb", planarconfig="separate"),
        tiff(LEVELS.astype(np.float32), photometric="rgb"),
        tiff(LEVELS.astype(np.float64), photometric="rgb"),
        tiff(LEVELS.astype(np.int16), photometric="rgb"),
        tiff(LEVELS.astype(np.uint32), photometric="rgb"),
        tiff(np.dstack([LEVELS, np.full((40, 30), 65535, np.uint16)]), photometric="rgb", extrasamples=["unassalpha"]),
        tiff(np.dstack([LEVELS, LEVELS[..., 0]]), photometric="rgb", extrasamples=["unspecified"]),
    ],
)
def test_colour_of_more_than_8_bits_keeps_its_levels(content):
    pixels = decode(content, intensity=Intensity(4095))
    np.testing.assert_array_equal(pixels, np.rint(LEVELS / 4095.0 * 255))
    assert header_and_depth(content) == ((40, 30, 3), True)


@pytest.mark.parametrize(
    "values",
    [
        LEVELS[..., 0].astype(np.float64),
        LEVELS[..., 0].astype(np.uint32),
        LEVELS[..., 0].astype(np.int16),
        LEVELS[..., 0].astype(np.int32),
        LEVELS[..., 0].astype(np.float32),
    ],
)
def test_grey_of_any_type_keeps_its_levels(values):
    content = tiff(values)
    np.testing.assert_array_equal(
        decode(content, intensity=Intensity(4095))[:, :, 0], np.rint(LEVELS[..., 0] / 4095.0 * 255)
    )
    assert header_and_depth(content) == ((40, 30, 1), True)


@pytest.mark.parametrize("bands", [2, 4, 5, 12])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_bands_without_a_meaning_are_refused_in_one_line(bands, dtype):
    if bands == 2 and dtype == np.uint8:
        return  # grey, and a band that Pillow leaves out
    content = tiff(np.zeros((8, 6, bands), dtype), photometric="minisblack", planarconfig="contig")
    for look in (decode, header):
        with pytest.raises(DataError, match=rf"has {bands} bands .*Fix: save|has {bands} bands\. .*Fix: save") as error:
            look(content)
        assert "\n" not in str(error.value)


def test_8_bits_with_a_fourth_band_and_cmyk():
    near = np.dstack([COLOUR, WAVES])
    np.testing.assert_array_equal(decode(tiff(near, photometric="rgb", extrasamples=["unspecified"])), COLOUR)
    separate = tiff(np.moveaxis(near, 2, 0), photometric="rgb", planarconfig="separate", extrasamples=["unspecified"])
    np.testing.assert_array_equal(decode(separate), COLOUR)
    opaque = np.dstack([COLOUR, np.full(WAVES.shape, 255, np.uint8)])
    np.testing.assert_array_equal(decode(tiff(opaque, photometric="rgb", extrasamples=["unassalpha"])), COLOUR)
    ink = tiff(np.dstack([255 - COLOUR, np.zeros_like(WAVES)]), photometric="separated")
    np.testing.assert_array_equal(decode(ink), COLOUR)


def test_pixels_that_were_not_measured_are_darkest():
    values = np.array([[np.nan, 1000, 4095], [0, np.inf, -3.4e38]], np.float32)
    assert decode(tiff(values), intensity=Intensity(4095))[:, :, 0].tolist() == [[0, 62, 255], [0, 0, 0]]
    marked = np.array([[-9999, 1000, 4095]], np.int16)
    content = tiff(marked, extratags=[(42113, 2, 6, "-9999", True)])
    assert decode(content, intensity=Intensity(4095, -100))[:, :, 0].tolist() == [[0, 67, 255]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB", "progressive", "CMYK", "P", "RGBA"])
def test_files_that_are_cut_short_are_read_as_far_as_they_go(kind, mode):
    image = Image.fromarray(COLOUR)
    if (kind == "PNG" and mode in ("CMYK", "progressive")) or (kind == "JPEG" and mode in ("P", "RGBA")):
        return
    options = {"progressive": True} if mode == "progressive" else {}
    image = image.convert("RGB" if mode == "progressive" else mode)
    content = encoded(image, kind, **options)
    whole = decode(content).astype(int)
    for cut in (1, 2, 10, 20):
        near = decode(content[:-cut])
        assert near.shape == whole.shape and np.abs(near[:30] - whole[:30]).mean() < 4
        assert header(content[:-cut]) == whole.shape
    half = decode(content[: len(content) * 3 // 4])
    assert half.shape == whole.shape and np.abs(half[:8] - whole[:8]).mean() < (60 if mode == "progressive" else 4)


def test_damage_is_not_taken_for_a_missing_end():
    content = encoded(Image.fromarray(COLOUR), "PNG")
    broken = content[:100] + b"\0" * 40 + content[140:]
    with pytest.raises(DataError, match="cut short or damaged"):
        decode(broken)
    assert not any(is_cut_short(encoded(Image.fromarray(COLOUR), kind)) for kind in ("PNG", "JPEG", "GIF", "BMP"))
    assert not is_cut_short(encoded(Image.fromarray(COLOUR), "JPEG") + b"trailer of a camera")


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
        (encoded(Image.fromarray(COLOUR), "PNG")[:45], "cut short or damaged"),
        (encoded(Image.fromarray(COLOUR), "JPEG")[:500], "cut short or damaged"),
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
