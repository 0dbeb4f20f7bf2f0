import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from opsin.core import DataError
from opsin.data.formats.masks.pixel_values import format_value, pack_colours, read_mask, value_counts, values_in_mode

RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 9, (12, 15), np.uint8)


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_palette(values, colours):
    image = Image.fromarray(values)
    image.putpalette(np.asarray(colours, np.uint8).tobytes())
    return image


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "PPM"])
def test_grey_values_are_unchanged(kind):
    np.testing.assert_array_equal(read_mask(encoded(Image.fromarray(IDS), kind)).values, IDS)


def test_indices_of_a_palette():
    raw = read_mask(encoded(with_palette(IDS, RNG.integers(0, 256, (9, 3)))))
    assert raw.mode == "index" and raw.palette.shape[1] == 3
    np.testing.assert_array_equal(raw.values, IDS)
    np.testing.assert_array_equal(raw.as_colours(), pack_colours(raw.palette)[IDS])


@pytest.mark.parametrize("values", [IDS > 4, IDS.astype(np.uint16) * 900, IDS.astype(np.int32) * 70_000])
def test_one_bit_and_many(values):
    kind = "TIFF" if values.dtype == np.int32 else "PNG"
    raw = read_mask(encoded(Image.fromarray(values), kind))
    assert raw.mode == "grey"
    np.testing.assert_array_equal(raw.values, values)


@pytest.mark.parametrize(("bits", "most"), [(2, 3), (4, 15)])
def test_few_bits_are_ids_not_scaled(bits, most):
    import struct
    import zlib

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0)
    row = np.arange(8) % (most + 1)
    packed_bits = "".join(f"{value:0{bits}b}" for value in row)
    body = b"\0" + int(packed_bits, 2).to_bytes(len(packed_bits) // 8, "big")
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    assert read_mask(png).values.tolist() == [row.tolist()]


def test_grey_colours_become_grey_values():
    raw = read_mask(encoded(Image.fromarray(np.stack([IDS] * 3, 2))))
    assert raw.mode == "grey"
    np.testing.assert_array_equal(raw.values, IDS)
    opaque = np.dstack([IDS, IDS, IDS, np.full_like(IDS, 255)])
    np.testing.assert_array_equal(read_mask(encoded(Image.fromarray(opaque))).values, IDS)


def test_colours():
    colours = np.dstack([IDS, IDS * 2, IDS * 3])
    raw = read_mask(encoded(Image.fromarray(colours)))
    assert raw.mode == "colour"
    np.testing.assert_array_equal(raw.values, IDS.astype(int) * (65536 + 512 + 3))
    assert format_value(int(pack_colours(np.array([1, 2, 3]))), "colour") == "1/2/3"


def test_a_tinted_jpeg_is_grey():
    raw = read_mask(encoded(Image.fromarray(np.stack([IDS * 28] * 3, 2)), "JPEG"))
    assert raw.lossy and raw.mode == "grey"


def test_conversion_to_the_common_mode():
    black_and_white = read_mask(encoded(with_palette(IDS % 2, [(255, 255, 255), (0, 0, 0)])))
    np.testing.assert_array_equal(values_in_mode(black_and_white, "grey"), np.where(IDS % 2, 0, 255))
    np.testing.assert_array_equal(values_in_mode(black_and_white, "index"), IDS % 2)
    grey = read_mask(encoded(Image.fromarray(IDS)))
    np.testing.assert_array_equal(values_in_mode(grey, "colour"), IDS.astype(int) * 0x010101)
    with pytest.raises(DataError, match=r"colour image\. Expected class ids as in the other"):
        values_in_mode(read_mask(encoded(Image.fromarray(np.dstack([IDS, IDS * 2, IDS])))), "grey")


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 4)))
def test_value_counts_match_numpy(values):
    for ours, theirs in zip(value_counts(values), np.unique(values, return_counts=True), strict=True):
        np.testing.assert_array_equal(ours, theirs)


PNG = encoded(Image.fromarray(np.tile(IDS, (20, 20))))
CLEAR = np.dstack([IDS, IDS, IDS, IDS])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"hello", "is not an image"),
        (PNG[:200], "is cut short or damaged"),
        (encoded(Image.fromarray(CLEAR)), "is partly transparent"),
        (encoded(Image.fromarray(IDS + np.float32(0.5)), "TIFF"), "has fractional values"),
        (encoded(Image.fromarray(IDS.astype(np.int32) - 5), "TIFF"), "has values from -5"),
    ],
)
def test_broken_masks_are_one_line_errors(content, words):
    with pytest.raises(DataError, match=words) as error:
        read_mask(content)
    assert "\n" not in str(error.value)


def test_floats_with_integer_values_are_ids():
    np.testing.assert_array_equal(read_mask(encoded(Image.fromarray(IDS.astype(np.float32)), "TIFF")).values, IDS)
