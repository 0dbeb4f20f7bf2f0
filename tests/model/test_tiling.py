import numpy as np
import pytest

from opsin.core import DataError
from opsin.model.tiling import predict_in_tiles, tile_of


def boxes_of(picture: np.ndarray) -> list[list[float]]:
    """Where the spots of a picture are."""
    rows, columns = np.nonzero(picture[::4, ::4, 0])
    return sorted([[4.0 * x, 4.0 * y, 4.0 * x + 4, 4.0 * y + 4] for y, x in zip(rows, columns, strict=True)])


def told(answer: np.ndarray) -> list[list[float]]:
    return sorted(answer[answer[:, 5] > 0.3][:, :4].round(1).tolist())


@pytest.mark.parametrize("name", ["detect", "segment", "instances"])
def test_a_small_image_is_answered_alike_with_tiles_and_without(make_placed, spots, name: str):
    model, picture = make_placed(name, image_size=(32, 32)), spots(32, 32)
    plain, tiled = model.predict_images([picture], False)[0], model.predict_images([picture], True)[0]
    assert picture.any()
    np.testing.assert_array_equal(plain, tiled)
    np.testing.assert_array_equal(plain, predict_in_tiles(model, picture, (32, 32)))


@pytest.mark.parametrize("seed", range(3))
def test_every_spot_of_a_large_image_is_told_once(make_placed, spots, seed: int):
    picture = spots(32 + 24 * 3, 32 + 24 * 5, seed)
    answer = make_placed("detect").predict_images([picture], True)[0]
    assert told(answer) == boxes_of(picture)


@pytest.mark.parametrize("size", [(104, 140), (33, 200), (32, 77), (20, 90)])
def test_pixels_of_a_large_image_are_classed_as_one_by_one(make_placed, spots, size: tuple[int, int]):
    picture = spots(*size)
    (segmented,) = make_placed("segment").predict_images([picture], True)
    np.testing.assert_array_equal(segmented[..., 0], picture[..., 0] > 0)
    (objects,) = make_placed("instances").predict_images([picture], True)
    np.testing.assert_array_equal(objects[..., 0] > 0, picture[..., 0] > 0)
    assert len(np.unique(objects[..., 0])) - 1 == len(boxes_of(picture))


def test_small_images_of_training_make_small_tiles(make_placed, spots):
    """Trained on 16 pixels shown as 32: a spot of 4 is learned as one of 8, and only tiles show it so."""
    model = make_placed("segment", image_size=(16, 16))
    assert tile_of(model, (64, 64), None) == (16, 16)
    (answer,) = model.predict_images([spots(64, 64)])
    assert answer.shape == (64, 64, 2)


def test_images_are_cut_when_they_are_more_than_twice_as_large(make_placed):
    model = make_placed("detect", image_size=(64, 128))
    assert tile_of(model, (128, 256), None) is None
    assert tile_of(model, (130, 260), None) == (128, 128)
    assert tile_of(model, (130, 260), False) is None
    assert tile_of(model, (65, 130), True) == (128, 128)
    assert tile_of(model, (65, 128), True) is None


def test_without_a_known_size_of_training_images_only_wanted_tiles_are_cut(make_placed):
    model = make_placed("detect")
    assert tile_of(model, (1000, 1000), None) is None
    assert tile_of(model, (1000, 1000), True) == (32, 32)


def test_tiles_are_for_places(model):
    assert tile_of(model, (1000, 1000), None) is None
    with pytest.raises(DataError, match="boxes and masks only"):
        model.predict(np.zeros((9, 9, 3), np.uint8), tiles=True)
