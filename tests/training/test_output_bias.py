"""A network for small structures starts at the class frequencies, whatever its last layer is."""

import numpy as np
import pytest
import torch

from opsin import zoo
from opsin.core import OutputSpec
from opsin.tasks import Segment
from opsin.tasks.segmentation.volumes import SegmentVolumes
from opsin.training import init_output_bias

TARGETS = np.zeros((4, 20, 20), np.uint8)
TARGETS[:, :2, :3] = 1
TARGETS[0, 10:] = 255


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("unet_small", (48, 64, 1)),
        ("unet_small", (37, 50, 3)),
        ("unet_full", (32, 40, 1)),
        ("unet_full", (16, 24, 24, 1)),
    ],
)
def test_a_network_starts_at_the_class_frequencies(name, size):
    task = Segment(("background", "cell"))
    network = zoo.create(name, size, 2, output=OutputSpec("map", ranks=(2, 3)), seed=0)
    bias = task.output_bias(TARGETS)
    assert init_output_bias(network, bias)
    layer = [module for module in network.modules() if getattr(module, "bias", None) is not None][-1]
    assert layer.bias.softmax(0)[1].item() == pytest.approx(24 / 1400, rel=1e-5)


def test_a_class_that_is_never_there_gets_a_finite_bias():
    bias = Segment(("background", "a", "b")).output_bias(TARGETS)
    assert np.isfinite(bias).all() and bias[2] == pytest.approx(np.log(1e-4))
    same = SegmentVolumes(("background", "a", "b")).output_bias(TARGETS)
    assert same == bias


def test_other_last_layers_are_left_alone():
    layer = torch.nn.Linear(3, 4)
    before = layer.bias.detach().clone()
    assert not init_output_bias(layer, (1.0, 2.0)) and torch.equal(layer.bias, before)
    assert not init_output_bias(torch.nn.ReLU(), (1.0,))
