"""The scale of deep images: one for a data set, the same in whatever form an image comes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from opsin.core import DataError
from opsin.data import ImagePreprocessing, Intensity, as_pixels, decode, find_intensity, open_store, read, whole_pixels
from opsin.data.intensity import ValueRange, intensity_of, to_bytes

GREY = 500


def deep(brightest, dtype=np.uint16):
    """Grey 500 with one brighter pixel."""
    image = np.full((6, 6), GREY, dtype)
    image[2, 3] = brightest
    return image


def scale_of(images, splits=None):
    table = read((images, [0, 1] * (len(images) // 2) + [0] * (len(images) % 2)))
    return find_intensity(table if splits is None else table.with_splits(splits))


def test_equal_greys_become_equal_pixels_in_all_images_of_a_data_set(tmp_path):
    for name, brightest in (("a", GREY), ("b", 4000), ("c", 1000), ("d", 3)):
        (tmp_path / name).mkdir()
        Image.fromarray(deep(brightest)).save(tmp_path / name / "png.png")
        Image.fromarray(deep(brightest)).save(tmp_path / name / "tiff.tif")
        Image.fromarray(deep(brightest, np.float32)).save(tmp_path / name / "counts.tif")
    table = read(tmp_path)
    intensity, notes = find_intensity(table)
    assert intensity == Intensity(4095) and notes == (
        "images of more than 8 bits: values 0 to 4095 are scaled to 0 to 255",
    )
    store = open_store(table, ImagePreprocessing.of_size((6, 6, 1), intensity))
    assert store.preprocessing.intensity == intensity and not store.errors
    assert (store.pixels[:, 0] == round(GREY * 255 / 4095)).all()
    for id in table.rows["id"]:
        assert whole_pixels(table.images, id, intensity)[0, 0, 0] == 31


@given(
    arrays.arrays(np.uint16, (4, 3, 5), elements=st.integers(0, 5000)),
    st.sampled_from([np.uint16, np.int32, np.uint64, np.int64, np.float32, np.float64]),
)
def test_the_mapping_is_monotone_and_of_the_whole_data_set(images, dtype):
    if dtype in (np.float32, np.float64):
        images[0, 0, 0] = max(2, images[0, 0, 0])  # else they could be fractions
    intensity, _ = scale_of(list(images.astype(dtype)))
    top = next(2**bits - 1 for bits in (8, 10, 12, 14) if images.max() < 2**bits)
    assert intensity == Intensity(top)
    pixels = np.stack([as_pixels(image.astype(dtype), intensity)[:, :, 0] for image in images])
    np.testing.assert_array_equal(pixels, np.rint(images.astype(float) * 255 / top))
    order = np.argsort(images, axis=None)
    assert (np.diff(pixels.reshape(-1)[order].astype(int)) >= 0).all()


@given(st.floats(1, 2**32 - 1), st.lists(st.floats(0, 2**33), min_size=2, max_size=20))
def test_scaling_is_monotone_and_within_0_to_255(high, values):
    if high == 1:
        values = [value % 1 for value in values]
    pixels = to_bytes(np.sort(np.array(values)), Intensity(high)).astype(int)
    assert (np.diff(pixels) >= 0).all()
    np.testing.assert_allclose(pixels, np.clip(np.sort(values) / high, 0, 1) * 255, atol=0.5 + 1e-6)


def test_only_training_images_set_the_scale():
    images = [deep(1000), deep(1000), deep(60000), deep(60000)]
    assert scale_of(images)[0] == Intensity(65535)
    for splits in (["train", "train", "valid", "test"], [None, None, "test", "test"], ["train", None, "test", "test"]):
        assert scale_of(images, splits)[0] == Intensity(1023)
    assert to_bytes(deep(60000), Intensity(1023)).max() == 255


@pytest.mark.parametrize(
    ("images", "high", "note"),
    [
        ([deep(4095), deep(600)], 4095, "16-bit images: values 0 to 4095 are scaled to 0 to 255"),
        ([deep(2**20, np.int32)] * 2, 2**24 - 1, "32-bit images: values 0 to 16777215 are scaled to 0 to 255"),
        ([deep(2**32 - 1, np.int64)] * 2, 2**32 - 1, "64-bit images: values 0 to 4294967295 are scaled to 0 to 255"),
        ([np.full((4, 4), 0.2), np.full((4, 4), 0.9)], 1, "float images: values 0 to 1 are scaled to 0 to 255"),
        ([np.full((4, 4), 2.5), np.full((4, 4), 200.0)], 255, "float images: values 0 to 255 are kept"),
        ([np.full((4, 4), 0.9), np.full((4, 4), 1.2)], 1.2, "float images: values 0 to 1.2 are scaled to 0 to 255"),
        ([np.full((4, 4), 0.5), np.full((4, 4), 8.25)], 8.25, "float images: values 0 to 8.25 are scaled to 0 to 255"),
        (
            [np.full((4, 4), 2.5), np.full((4, 4), 300.5)],
            300.5,
            "float images: values 0 to 300.5 are scaled to 0 to 255",
        ),
        ([np.full((4, 4), 200, np.int64)] * 2, 255, "64-bit images: values 0 to 255 are kept"),
    ],
)
def test_the_scale_is_the_smallest_depth_that_holds_all_values(images, high, note):
    assert scale_of(images) == (Intensity(high), (note,))


def test_images_of_8_bits_keep_their_values_among_deep_ones():
    plain = np.full((6, 6), 200, np.uint8)
    intensity, notes = scale_of([plain, deep(4000), plain, plain > 3])
    assert intensity == Intensity(4095)
    assert notes[1] == "3 of 4 images have 8 bits: their values 0 to 255 are kept"
    assert (as_pixels(plain, intensity) == 200).all() and (as_pixels(plain > 3, intensity) == 255).all()
    assert scale_of([plain, plain > 3]) == (None, ())


def test_an_alpha_channel_does_not_set_the_scale():
    images = np.full((2, 4, 4, 2), 65535, np.uint16)
    images[..., 0] = GREY
    intensity, _ = scale_of(list(images))
    assert intensity == Intensity(1023) and (as_pixels(images[0], intensity) == 125).all()


def test_images_that_cannot_be_read_are_skipped():
    images = [deep(1000), deep(1000).astype(float) * np.nan, np.array([["a"]]), np.zeros(3), deep(1)]
    assert scale_of(images)[0] == Intensity(1023)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([np.full((4, 4), 0.5), deep(1000)], "mixes float images of 0 to 0.5 with whole numbers up to 1000"),
        ([np.full((4, 4), 1e12)] * 2, "at most 32 bits"),
    ],
)
def test_data_sets_without_a_common_scale_are_refused(images, words):
    with pytest.raises(DataError, match=words) as error:
        scale_of(images)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("images", "low", "high"),
    [
        ([np.linspace(-1, 1, 16).reshape(4, 4)] * 2, -1, 1),
        ([np.linspace(-0.1, 1, 16).reshape(4, 4)] * 2, -0.1, 1),
        ([np.linspace(-1024, 3071, 16).round().astype(np.int16).reshape(4, 4)] * 2, -1024, 4095),
        ([np.linspace(-3, 7.5, 16).reshape(4, 4)] * 2, -3, 7.5),
    ],
)
def test_negative_values_set_the_low_end_of_the_scale(images, low, high):
    intensity, notes = scale_of(images)
    assert intensity == Intensity(high, low) and f"values {low:g} to {high:g} are scaled" in notes[0]
    pixels = as_pixels(images[0], intensity)[:, :, 0]
    expected = np.clip(np.rint((images[0].astype(float) - low) * 255 / (high - low)), 0, 255)
    assert np.abs(pixels - expected).max() <= 1 and pixels.min() == 0
    assert Intensity.from_json(json.loads(json.dumps(intensity.to_json()))) == intensity


def test_values_that_are_not_numbers_are_darkest_with_a_note():
    holes = np.array([[np.nan, 0.5], [1, 0]])
    intensity, notes = scale_of([holes, np.full((2, 2), 0.5)])
    assert intensity == Intensity(1) and notes[1] == "values that are not numbers (NaN) become 0 in 1 image: image/0"
    assert as_pixels(holes, intensity)[:, :, 0].tolist() == [[0, 128], [255, 0]]


def test_fractions_among_counts_are_named():
    _, notes = scale_of([np.full((4, 4), 0.4), np.full((4, 4), 0.9), np.full((4, 4), 300.5)])
    assert notes[1].startswith("2 float images within 0 to 1, others up to 300.5: image/0, image/1. Fix: save all")


def test_16_bit_colour_that_holds_12_bits_is_scaled_as_grey_is():
    colour = np.linspace(0, 4095, 108).reshape(6, 6, 3).astype(np.uint16)
    intensity, notes = scale_of([colour, deep(4000)])
    assert intensity == Intensity(4095) and notes == ("16-bit images: values 0 to 4095 are scaled to 0 to 255",)
    assert as_pixels(colour, intensity).max() == 255


def test_without_a_data_set_the_type_gives_the_scale_never_the_brightest_pixel():
    for brightest in (GREY, 4000, 65535):
        assert as_pixels(deep(brightest))[0, 0, 0] == round(GREY * 255 / 65535)
        assert as_pixels(deep(brightest).astype(float) / 65535)[0, 0, 0] == round(GREY * 255 / 65535)
    for value in (3, 255):
        assert as_pixels(np.full((2, 2), value, np.int64)).max() == value
    for image in (deep(700, np.float32), deep(700, np.int32)):
        with pytest.raises(DataError, match=r"values up to 700 .* no data set gives their scale.* Fix: divide"):
            as_pixels(image)


def test_a_portable_greymap_fills_16_bits(tmp_path):
    values = np.array([[0, GREY], [2000, 4095]], ">u2")
    (tmp_path / "a.pgm").write_bytes(b"P5 2 2 4095\n" + values.tobytes())
    expected = np.rint(values.astype(float) * 255 / 4095)
    np.testing.assert_array_equal(decode((tmp_path / "a.pgm").read_bytes())[:, :, 0], expected)


@pytest.mark.parametrize("image", [deep(4000), np.full((4, 4), 200.0)])
def test_counts_for_a_model_of_fractions_are_refused(image):
    with pytest.raises(DataError, match=r"the training images hold fractions\. Expected 0 to 1"):
        as_pixels(image, Intensity(1))
    assert as_pixels(np.full((2, 2), 1.02), Intensity(1)).min() == 255


@pytest.mark.parametrize("high", [0, -1, 0.5, 2**32, float("inf"), float("nan")])
def test_invalid_scales_are_refused(high):
    with pytest.raises(DataError, match=r"is not a scale\. Expected a number"):
        Intensity(high)


def test_json_round_trip():
    assert Intensity.from_json(json.loads(json.dumps(Intensity(4095).to_json()))) == Intensity(4095)


def _floats(*highs):
    return [ValueRange(0, high, True, high == round(high), 0) for high in highs]


@pytest.mark.parametrize(
    ("highs", "high"),
    [
        ((0.9, 1.0, 1.2, 2.0, 300.0, 0.5, 0.7, 1.0), 2.0),
        ((3.3, 4.4, 5.5, 3.5, 6.5e4), 5.5),
        ((0.5, 0.6, 0.7, 0.8, 90.5), 1.0),
        ((3.3, 4.4, 5.5, 60.5, 65.5), 65.5),
        ((3.3, 4.4, 5.5, 900.5, 950.5), 950.5),
        ((1.5, 300.5), 300.5),
    ],
    ids=["case", "hot pixel", "fractions", "within 16 times", "two of five", "one of two"],
)
def test_few_float_images_far_above_the_others_do_not_set_the_scale(highs, high):
    assert intensity_of("x", _floats(*highs)).high == high
