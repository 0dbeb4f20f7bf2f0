"""Prediction in patches: no seams, no place is lost, probabilities go back to the source grid linearly."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from opsin.data import PatchPreprocessing, Volume
from opsin.model import Model
from opsin.model.sliding_window import _probability_planes, predict_array
from opsin.nn import Conv3D, Sequential
from opsin.tasks.segmentation.volumes import SegmentVolumes

SIZE = (8, 8, 16, 1)
TASK = SegmentVolumes(("background", "a", "b"), (1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def model():
    """A network without context: each voxel's logits depend on its value alone, so patches must not matter."""
    network = Sequential([Conv3D(3, 1)], input_shape=SIZE, seed=0).eval()
    with torch.no_grad():
        network.state_dict()
        next(network.parameters()).copy_(torch.tensor([0.0, 3.0, -3.0]).reshape(3, 1, 1, 1, 1))
    return Model(network, TASK, PatchPreprocessing(SIZE, (0.0,), (1.0,), (1.0, 1.0, 1.0)))


@pytest.mark.parametrize("shape", [(8, 8, 16), (5, 6, 7), (23, 9, 40), (30, 17, 16)])
@pytest.mark.parametrize("together", [1, 5])
def test_probabilities_of_merged_patches_are_those_of_each_voxel(model, shape, together):
    array = np.random.default_rng(0).normal(size=(*shape, 1)).astype(np.float16)
    planes = torch.stack(list(_probability_planes(model, array, together)))
    values = torch.from_numpy(array[..., 0].astype(np.float32))
    expected = torch.stack([0 * values, 3 * values, -3 * values], 1).softmax(1)
    torch.testing.assert_close(planes, expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("size", [(10, 9, 18), (20, 18, 36), (33, 9, 18), (5, 4, 9), (10, 20, 7)])
def test_probabilities_go_back_as_by_trilinear_interpolation(model, size):
    array = np.random.default_rng(1).normal(size=(10, 9, 18, 1)).astype(np.float16)
    planes = torch.stack(list(_probability_planes(model, array, 4)), 1)
    whole = F.interpolate(planes[None], size, mode="trilinear", align_corners=False)[0]
    found = predict_array(model, array, 4, size)
    sure = whole.topk(2, 0)[0]
    clear = (sure[0] - sure[1] > 0.02).numpy()
    np.testing.assert_array_equal(found[..., 0][clear], whole.argmax(0).numpy()[clear])
    assert np.abs(found[..., 1] / 255 - sure[0].numpy()).max() < 0.02


def test_predictions_lie_on_the_grid_of_the_source_in_its_own_orientation(model):
    values = np.random.default_rng(2).normal(size=(6, 7, 9)).astype(np.float32)
    affine = np.array([[0, -1.0, 0, 3], [0, 0, 1.0, 4], [-1.0, 0, 0, 5], [0, 0, 0, 1]])
    volume = Volume(values, (1.0, 1.0, 1.0), tuple(map(tuple, affine)))
    (found,) = model.predict_images([volume])
    scaled = (values - values.mean()) / values.std()
    expected = np.select([scaled > 0.05, scaled < -0.05], [1, 2], 255)
    clear = np.abs(scaled) > 0.1
    np.testing.assert_array_equal(found[..., 0][clear], expected[clear])
    record = model.predict(volume)[0]
    assert record["ml_a"] == pytest.approx((found[..., 0] == 1).sum() / 1000) and record["mask"].shape == (6, 7, 9)
