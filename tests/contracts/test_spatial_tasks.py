"""The contract of tasks with spatial predictions: boxes, masks and objects in the pixels of an image."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from opsin.geometry import Placement
from opsin.geometry.tiles import Tile, tile_grid

SIDE = 48
"""The height and width of a network's input in these cases."""


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(4, 150), width=st.integers(4, 150))
def test_spatial_predictions_lie_inside_the_image(spatial, seed, height, width):
    predictions, _ = spatial.data(1, seed)
    full = spatial.task.to_image_space(predictions, [Placement((height, width), (SIDE, SIDE))] * spatial.rows)
    assert len(spatial.task.to_columns(full)) and len(full) == spatial.rows
    for row in full:
        boxes = spatial.task.to_annotations("a.png", row, (height, width)).boxes
        assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:4] <= [width, height]).all()
        assert (boxes[:, 2:4] > boxes[:, :2]).all()
        assert spatial.reports == "boxes" or row.shape == (height, width, 2)


def test_spatial_predictions_are_in_pixels_of_the_image(spatial):
    predictions, _ = spatial.data(1)
    inner = Tile((SIDE // 4, 0), (3 * SIDE // 4, SIDE))  # an image twice as wide as high, with bars above and below it
    full = spatial.task.to_image_space(predictions, [Placement((2 * SIDE, 4 * SIDE), (SIDE, SIDE))] * spatial.rows)
    for prediction, row in zip(predictions, full, strict=True):
        small = spatial.task.to_annotations("a.png", spatial.crop(prediction, inner), inner.size).boxes
        large = spatial.task.to_annotations("a.png", row, (2 * SIDE, 4 * SIDE)).boxes
        np.testing.assert_allclose(large, small * [4, 4, 4, 4, 1, 1, 16], rtol=1e-5, atol=1e-4)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_annotations_hold_the_objects_of_the_image(spatial, seed):
    task, (predictions, targets) = spatial.task, spatial.data(0, seed)
    assert set(task.object_names) <= set(task.names)
    kinds, columns = task.subgroups(targets), task.to_columns(predictions)
    for row, prediction in enumerate(predictions):
        marked = task.to_annotations("a.png", prediction, (SIDE, SIDE))
        assert (marked.id, marked.height, marked.width) == ("a.png", SIDE, SIDE)
        assert marked.boxes.shape[1] == 7 and marked.scores.tolist() == [1] * len(marked.boxes)
        counts = dict(zip(task.object_names, np.bincount(marked.boxes[:, 4].astype(int), minlength=9), strict=False))
        assert {name for name in counts if counts[name]} == {name for name in counts if row in kinds[name]}
        if spatial.has_threshold:
            assert {name: columns[f"count_{name}"][row] for name in counts} == counts
        assert (marked.masks is None) == (spatial.reports == "boxes")
        for box, mask in zip(marked.boxes, marked.masks or (), strict=marked.masks is not None):
            left, top, right, bottom = box[:4].astype(int)
            assert mask.shape == (SIDE, SIDE) and mask.dtype == bool
            assert mask.sum() == mask[top:bottom, left:right].sum() == box[6]


@pytest.mark.parametrize("channels", [1, 3])
def test_overlays_have_the_size_of_the_image_and_show_the_prediction(spatial, channels):
    image, pixels = (400, 500), np.full((400, 500, channels), 128, np.uint8)
    blank = spatial.task.empty(1, (SIDE, SIDE))
    overlays = [
        spatial.task.overlay(pixels, spatial.task.to_image_space(some, [Placement(image, (SIDE, SIDE))])[0])
        for some in (spatial.data(0)[0][:1], blank)
    ]
    assert all(picture.shape == (400, 500, 3) and picture.dtype == np.uint8 for picture in overlays)
    assert (overlays[0] != overlays[1]).any() and (pixels == 128).all()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_merging_one_tile_is_the_identity(spatial, seed):
    for prediction in spatial.data(1, seed)[0]:
        joined = spatial.merged([prediction], [Tile((0, 0), (SIDE, SIDE))], (SIDE, SIDE))
        assert joined.dtype == prediction.dtype
        np.testing.assert_array_equal(joined, prediction)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), down=st.integers(1, 4), across=st.integers(3, 5))
def test_merging_tiles_gives_the_prediction_of_the_whole_image(spatial, seed, down, across):
    size = (SIDE // 2 * down, SIDE // 2 * across)
    whole, targets = spatial.data(0, seed, 1, size)
    tiles = tile_grid(size, (SIDE, SIDE))
    joined = spatial.merged([spatial.crop(whole[0], tile) for tile in tiles], tiles, size)
    assert joined.dtype == whole[0].dtype
    merged = whole.copy()
    merged[0] = joined
    before, after = (spatial.task.scorer(some, targets)(np.ones(1)) for some in (whole, merged))
    assert after == pytest.approx(before, nan_ok=True)
