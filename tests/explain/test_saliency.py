"""Saliency maps find what a prediction depends on, agree with Captum, and fail their checks."""

import numpy as np
import pytest
import torch

from opsin import zoo
from opsin.data import ImagePreprocessing
from opsin.explain.saliency import grad_cam, occlusion, randomized, rank_correlation, saliency_maps
from opsin.model import Model
from opsin.nn import Conv2D, GlobalAveragePooling2D, Sequential
from opsin.tasks import Classify, Segment

GREY = ImagePreprocessing(32, 32, 1, (0.5,), (0.25,))


def spot_model():
    """A network whose first class is the brightness of the image, averaged; it depends on bright pixels alone."""
    layers = [Conv2D(2, 3, padding="same", activation="relu"), GlobalAveragePooling2D()]
    net = Sequential(layers, input_shape=(32, 32, 1), seed=0)
    with torch.no_grad():
        net.conv2d.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1) * torch.ones(2, 1, 3, 3) / 9)
        net.conv2d.bias.zero_()
    return Model(net.eval(), Classify(("bright", "dark")), GREY)


def spot(top=4, left=20):
    pixels = np.full((32, 32, 1), 128, np.uint8)
    pixels[top : top + 6, left : left + 6] = 255
    return pixels


def test_both_methods_point_at_the_spot_and_insertion_beats_the_centre():
    found = {one.method: one for one in saliency_maps(spot_model(), spot())}
    for one in found.values():
        row, column = np.unravel_index(one.values.argmax(), one.values.shape)
        assert 3 <= row <= 10 and 19 <= column <= 26, one.method
        assert one.values.min() == 0 and one.values.max() == 1
        assert one.insertion > one.blob_insertion and one.insertion > one.deletion


def test_a_map_that_random_weights_give_too_does_not_pass():
    model = spot_model()
    with torch.no_grad():
        model.network.conv2d.weight.copy_(torch.ones(2, 1, 3, 3) / 9)  # in any order the same
    assert not any(one.passes for one in saliency_maps(model, spot()))
    assert max(abs(one.correlation) for one in saliency_maps(model, spot())) > 0.9


def test_random_weights_are_the_trained_ones_in_another_order():
    network = zoo.create("resnet_tiny", (32, 32, 3), 3, seed=0).eval()
    for one, other in zip(network.parameters(), randomized(network).parameters(), strict=True):
        assert torch.equal(one.flatten().sort().values, other.flatten().sort().values)
        assert one.ndim < 2 or not one.any() or not torch.equal(one, other)


def test_the_correlation_is_spearmans():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    one, other = random.integers(0, 5, (8, 8)), random.integers(0, 5, (8, 8))
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one.ravel(), other.ravel())[0])
    assert rank_correlation(one, np.zeros((8, 8))) == 0


def test_a_segmentation_is_explained_by_its_region():
    network = zoo.create("unet_small", (32, 32, 1), 2, output=Segment(("background", "cell")).output, seed=0).eval()
    found = saliency_maps(Model(network, Segment(("background", "cell")), GREY), spot())
    assert {one.method for one in found} >= {"occlusion"} and all(np.isfinite(one.insertion) for one in found)


def trained_like():
    network = zoo.create("simple", (32, 32, 3), 4, seed=0).eval()
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    target = torch.zeros(4)
    target[int(network.logits(x)[0].argmax())] = 1
    return network, x, target


def test_grad_cam_is_captums():
    attr = pytest.importorskip("captum.attr")
    network, x, target = trained_like()
    path = [name for name, _ in network.named_children() if "conv" in name][-1]
    expected = attr.LayerGradCam(network.logits, network.get_submodule(path)).attribute(
        x, int(target.argmax()), relu_attributions=True
    )
    expected = torch.nn.functional.interpolate(expected, (32, 32), mode="bilinear", align_corners=False)[0, 0].detach()
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    np.testing.assert_allclose(grad_cam(network, x, path, target), expected.numpy(), atol=1e-5)


def test_occlusion_is_captums():
    attr = pytest.importorskip("captum.attr")
    network, x, target = trained_like()
    expected = attr.Occlusion(network.logits).attribute(
        x, (3, 8, 8), strides=(3, 4, 4), target=int(target.argmax()), baselines=0
    )
    expected = expected[0, 0].detach().numpy()
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    found = occlusion(lambda batch: (network.logits(batch) * target).sum(1), x, window=8, stride=4)
    np.testing.assert_allclose(found, expected, atol=1e-4)
