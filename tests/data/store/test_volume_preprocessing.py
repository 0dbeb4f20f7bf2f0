import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.data import (
    CLASSES,
    MASKS,
    ArrayVolumes,
    FileImages,
    Table,
    Target,
    Volume,
    VolumePreprocessing,
    VolumeStatistics,
    image_statistics,
    open_masks,
    open_store,
    preprocessing_from_json,
    read,
    whole_pixels,
)
from opsin.data.dataset import Dataset
from opsin.data.table import make_rows

AFFINE = ((1.0, 0.0, 0.0, 5.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 3.0, 0.0), (0.0, 0.0, 0.0, 1.0))
SIDES = st.integers(1, 12)


def volumes(size=(6, 8, 10, 1), window=None, spacing=None):
    return VolumePreprocessing(size, (0.0,) * size[3], (1.0,) * size[3], spacing, window)


@given(st.tuples(SIDES, SIDES, SIDES), st.tuples(SIDES, SIDES, SIDES), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_volume_lies_where_its_placement_says(shape, size, seed):
    values = np.random.default_rng(seed).integers(-900, 900, shape).astype(np.int16)
    array, placement = volumes((*size, 1), (-1000, 1000)).fit(Volume(values))
    assert array.shape == (*size, 1) and array.dtype == np.uint8
    into, _ = placement.visible
    inside = np.zeros(size, bool)
    inside[into] = True
    assert inside.sum() == np.prod(placement.content_size)
    lowest = np.rint((int(values.min()) + 1000) * 255 / 2000)
    assert (array[..., 0][~inside] == lowest).all() and array.min() >= lowest - 1


def test_windowed_values_are_those_of_the_window():
    values = np.linspace(-1200, 1200, 6 * 8 * 10).reshape(6, 8, 10).astype(np.float32)
    array, _ = volumes(window=(-1000, 400)).fit(Volume(values))
    expected = np.clip((values.astype(np.float64) + 1000) / 1400, 0, 1) * 255
    assert np.abs(array[..., 0] - expected).max() <= 0.51


def test_z_scores_are_those_of_each_channel_of_each_volume():
    values = np.random.default_rng(0).normal(100, [5, 50], (6, 8, 10, 2))
    array, _ = volumes((6, 8, 10, 2)).fit(Volume(values))
    assert array.dtype == np.float32
    expected = (values - values.mean((0, 1, 2))) / values.std((0, 1, 2))
    np.testing.assert_allclose(array, expected, atol=1e-5)
    constant, _ = volumes().fit(Volume(np.full((6, 8, 10), 7, np.int16)))
    assert not constant.any()


def test_a_ramp_stays_a_ramp_at_another_spacing():
    """Linear resampling keeps linear functions, away from the borders."""
    z, y, x = np.meshgrid(np.arange(12), np.arange(20), np.arange(30), indexing="ij")
    values = 10.0 * z + 3.0 * y + 1.0 * x
    prepared = volumes((24, 20, 15, 1), (0, 255), (1.0, 1.0, 2.0))
    array, placement = prepared.fit(Volume(values, (2.0, 1.0, 1.0), AFFINE))
    assert placement.content_size == (24, 20, 15) and placement.affine == AFFINE
    z, y, x = np.meshgrid(np.arange(24) / 2 - 0.25, np.arange(20), np.arange(15) * 2 + 0.5, indexing="ij")
    off = np.abs(array[..., 0] - (10.0 * z + 3.0 * y + x))
    assert off[2:-2, 2:-2, 2:-2].max() <= 0.51


def test_thin_slices_are_averaged_not_skipped():
    stripes = np.zeros((64, 4, 4), np.uint8)
    stripes[::2] = 200
    array, _ = volumes((8, 4, 4, 1), (0, 255), (8.0, 1.0, 1.0)).fit(Volume(stripes, (1.0, 1.0, 1.0)))
    assert np.abs(array.astype(int) - 100).max() < 12


def test_normalized_arrays_have_mean_0_and_deviation_1():
    random = np.random.default_rng(0)
    for window in (None, (-100, 700)):
        prepared = volumes((6, 8, 10, 2), window)
        arrays = np.stack([prepared.fit(Volume(random.normal([0, 300], 50, (6, 8, 10, 2))))[0] for _ in range(5)])
        found = prepared.with_statistics(arrays).normalize(torch.from_numpy(arrays))
        assert found.shape == (5, 2, 6, 8, 10) and found.dtype == torch.float32
        assert found.is_contiguous(memory_format=torch.channels_last_3d)
        for channel in range(2):
            assert abs(found[:, channel].mean()) < 1e-4 and abs(found[:, channel].std() - 1) < 1e-3


def test_json_there_and_back():
    for made in (volumes(), volumes(window=(-1000, 400.5)), volumes(spacing=(3.0, 0.7, 0.7))):
        assert preprocessing_from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize("field", ["size", "mean", "std", "spacing", "window"])
@pytest.mark.parametrize("value", ["x", -1, [0.0], {}, [1, 0], [float("nan")] * 3, 10**400])
def test_bad_json_is_a_data_error(field, value):
    if (field, value) == ("mean", [0.0]):
        return
    with pytest.raises(DataError):
        preprocessing_from_json({**volumes().to_json(), field: value})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG", "is an image"),
        (np.zeros((4, 4)), "has the shape"),
        (np.zeros((4, 4, 4, 2)), r"has 2 channels. Expected 1"),
        (np.full((4, 4, 4), np.nan), "not numbers"),
        (np.full((4, 4, 4), "a"), "Expected numbers"),
    ],
)
def test_what_is_no_volume_is_a_data_error(content, words):
    with pytest.raises(DataError, match=words):
        volumes().decode(content)


@pytest.mark.parametrize("window", [None, (0, 1000)])
def test_arrays_with_five_axes_are_read_stored_and_kept(tmp_path, window):
    random = np.random.default_rng(0)
    arrays = random.integers(0, 1000, (7, 5, 9, 9, 1)).astype(np.int16)
    table = read({"train": (arrays, [*"abababa"]), "test": (arrays[:2, ::-1], ["a", "b"])})
    assert isinstance(table.images, ArrayVolumes) and len(table) == 9
    assert image_statistics(table).volumes == VolumeStatistics((5, 9, 9), 1, None)
    prepared = volumes((4, 6, 6, 1), window)
    store = open_store(table, prepared, cache=tmp_path)
    assert store.pixels.shape == (9, 4, 6, 6, 1) and store.pixels.dtype == prepared.dtype and not store.errors
    for row in (0, 8):
        expected, _ = prepared.fit(table.images.read(table.rows["id"][row]))
        np.testing.assert_array_equal(store.pixels[row], expected)
    again = open_store(table, prepared, cache=tmp_path)
    np.testing.assert_array_equal(again.pixels, store.pixels)
    np.testing.assert_array_equal(again.pixel_hashes, store.pixel_hashes)
    assert len(set(store.pixel_hashes.tolist())) == 9
    other = open_store(table, volumes((4, 6, 6, 1), (0, 500)), cache=tmp_path)
    assert not np.array_equal(other.pixels, store.pixels)
    dataset = Dataset(table, store, np.arange(9))
    assert dataset.rows("test").tolist() == [7, 8] and dataset.targets("test").tolist() == [0, 1]


def test_lists_of_volumes_keep_their_geometry_and_a_broken_one_is_named():
    good = Volume(np.ones((4, 5, 6), np.float32), (2.0, 1.0, 1.0), AFFINE)
    broken = Volume(np.full((4, 5, 6), np.inf))
    table = read(([good, broken, good], [0, 1, 1]))
    prepared = volumes((4, 5, 6, 1), None, (1.0, 1.0, 1.0))
    store = open_store(table, prepared)
    assert list(store.errors) == [1] and store.errors[1].startswith("image/1 holds values that are not numbers")
    assert prepared.placement(table.images.read("image/0")).scales == (2.0, 1.0, 1.0)
    assert image_statistics(table.select(np.array([0, 2]))).volumes.spacing == (2.0, 1.0, 1.0)


def test_the_stamp_changes_with_values_and_geometry():
    one = np.zeros((4, 5, 6))
    parts = [Volume(one), Volume(one + 1), Volume(one, (1.0, 1.0, 2.0)), Volume(one, None, AFFINE)]
    assert len({ArrayVolumes({"a": [part]}).stamp("a/0") for part in parts}) == 4


def test_images_and_volumes_do_not_mix():
    with pytest.raises(DataError, match="images and others volumes"):
        read({"train": (np.zeros((2, 4, 4, 4, 1)), [0, 1]), "test": (np.zeros((2, 4, 4)), [0, 1])})
    with pytest.raises(DataError, match="have the shape"):
        read((np.zeros((2, 4, 4, 4, 1, 1)), [0, 1]))


class SomeMasks:
    def __init__(self, masks):
        self.masks = masks

    def read(self, id):
        return self.masks[int(id.rpartition("/")[2])]

    def stamp(self, id):
        return str(self.read(id).sum())


def test_masks_of_volumes_lie_where_the_volumes_lie(tmp_path):
    values = np.zeros((2, 4, 10, 10), np.float32)
    values[:, :, 2:5, 3:7] = 100
    labels = (values > 50).astype(np.uint8)
    rows = make_rows(["v/0", "v/1"], ["a", "b"], kind=MASKS)
    source = ArrayVolumes({"v": [Volume(one, (2.0, 1.0, 1.0)) for one in values]})
    table = Table(rows, source, Target(MASKS, ("none", "organ")), "here", masks=SomeMasks(labels))
    prepared = volumes((8, 12, 8, 1), (0, 100), (1.0, 1.0, 1.0))
    store, found = open_store(table, prepared, cache=tmp_path), open_masks(table, prepared, cache=tmp_path)
    assert found.masks.shape == (2, 8, 12, 8) and not found.errors
    np.testing.assert_array_equal(found.masks[0] == 1, store.pixels[0, ..., 0] > 127)
    assert (found.masks[0][:, 0] == 255).all()  # around the volume nobody knows
    wrong = Table(rows, source, table.target, "here", masks=SomeMasks(labels[:, 1:]))
    assert open_masks(wrong, prepared, cache=tmp_path).errors[0] == (
        "v/0 has a mask of 3x10x10, but is 4x10x10 itself; expected one size"
    )


def test_a_volume_is_shown_by_its_middle_slice():
    values = np.zeros((5, 6, 7), np.int16)
    values[2] = 300
    table = read(([Volume(values)] * 2, [0, 1]))
    shown = whole_pixels(table.images, "image/0")
    assert shown.shape == (6, 7, 1) and shown.dtype == np.uint8 and (shown == 255).all()


def test_image_files_are_no_volumes(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    table = Table(make_rows(["a.png"], [0], kind=CLASSES), FileImages(tmp_path), Target(CLASSES, ("a",)), "here")
    with pytest.raises(DataError, match=r"a.png is an image. Expected a volume"):
        open_store(table, volumes())
