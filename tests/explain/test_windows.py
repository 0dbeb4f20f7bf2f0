"""Local connectivity and sharing hold exactly, and a network without them is found out."""

import numpy as np
import pytest
import torch

from opsin import zoo
from opsin.data import ImagePreprocessing
from opsin.explain.canvas import canvas
from opsin.explain.windows import measure_windows
from opsin.model import Model
from opsin.nn import Conv2D, Dense, Flatten, GlobalAveragePooling2D, MaxPooling2D, Parallel, Sequential
from opsin.tasks import Classify

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)


def model_of(network):
    return Model(network.eval(), Classify(("a", "b", "c")), ImagePreprocessing(24, 24, 3, (0.5,) * 3, (0.25,) * 3))


@pytest.mark.parametrize("name", ["simple", "resnet_tiny", "lenet"])
def test_a_unit_depends_on_its_window_alone_and_a_shift_moves_the_map(name):
    found = measure_windows(model_of(zoo.create(name, (24, 24, 3), 3, seed=0)), PIXELS)
    assert found and all(layer.window == layer.support for layer in found)
    assert {layer.change_outside for layer in found} == {0.0} == {layer.shift_difference for layer in found}
    assert all(layer.effective is not None and layer.effective <= max(layer.window) for layer in found)


def test_parameters_without_sharing_are_those_of_a_kernel_at_each_position():
    net = Sequential([Conv2D(5, 3), Flatten(), Dense(3, activation="softmax")], input_shape=(24, 24, 3), seed=0)
    (layer,) = measure_windows(model_of(net), PIXELS)
    assert layer.parameters == 5 * (27 + 1) and layer.unshared == 22 * 22 * 5 * 28
    assert layer.dense == (24 * 24 * 3 + 1) * 22 * 22 * 5


def test_padding_changes_the_edge_as_far_as_it_reaches():
    layers = [Conv2D(4, 3, padding="same"), Conv2D(4, 5, padding="same"), Flatten(), Dense(3, activation="softmax")]
    net = Sequential(layers, input_shape=(24, 24, 3), seed=0)
    torch.nn.init.ones_(next(net.parameters()))
    first, second = measure_windows(model_of(net), PIXELS)
    assert (first.edge, second.edge) == (1, 3)


def test_a_layer_that_sees_the_whole_image_is_not_called_local():
    gate = Parallel([[], [GlobalAveragePooling2D(keepdims=True), Conv2D(3, 1)]], merge="multiply")
    net = Sequential(
        [gate, MaxPooling2D(2), Flatten(), Dense(3, activation="softmax")], input_shape=(24, 24, 3), seed=0
    )
    found = {layer.path: layer for layer in measure_windows(model_of(net), PIXELS)}
    assert found["max_pooling2d"].window is None and found["max_pooling2d"].change_outside is None


def test_a_canvas_repeats_the_image_by_reflection():
    image = np.arange(6).reshape(2, 3, 1)
    assert canvas(image, 4, 3)[..., 0].tolist() == [[0, 1, 2], [3, 4, 5], [3, 4, 5], [0, 1, 2]]
