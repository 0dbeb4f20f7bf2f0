"""The features of a model are the inputs of its last layer."""

import numpy as np
import pytest
import torch

from opsin.core import NetworkError
from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.nn import Activation, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Sequential, Stage
from opsin.tasks import Classify, Segment

ARRAYS = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3), np.uint8)
TASK = Classify(("a", "b", "c"))


def model(layers, task=TASK, tta="hflip"):
    network = Sequential(layers, input_shape=(8, 8, 3), seed=0).eval()
    return Model(network, task, ImagePreprocessing(8, 8, 3, (0.5,) * 3, (0.3,) * 3), tta)


def tapped(made, name):
    with torch.inference_mode():
        return made.network.intermediate_outputs(made.preprocessing.normalize(torch.from_numpy(ARRAYS)), [name])[name]


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())  # bfloat16 on some processors


BODY = [Conv2D(6, 3, activation="relu"), GlobalAveragePooling2D()]


@pytest.mark.parametrize("ending", [[Dense(3)], [Dense(3, activation="softmax")], [Dense(3), Activation("softmax")]])
def test_they_are_the_inputs_of_the_last_dense_layer(ending):
    made = model([*BODY, *ending])
    found = made.features(ARRAYS, batch_size=3)
    assert found.dtype == np.float32 and found.shape == (7, 6)
    close(found, tapped(made, "global_average_pooling2d").numpy())


def test_the_last_layer_gives_the_logits_of_a_model_without_augmentation():
    made = model([*BODY, Dense(3)], tta="none")
    last = made.network.dense
    with torch.no_grad():
        again = last(torch.from_numpy(made.features(ARRAYS))).numpy()
    close(again, made.logits(ARRAYS).numpy())
    np.testing.assert_array_equal(made.logits(ARRAYS).numpy(), made.predict_batch(ARRAYS))


def test_a_last_layer_inside_a_stage_is_found():
    made = model([BODY[0], Stage([GlobalAveragePooling2D(), Dense(3)], name="head")])
    close(made.features(ARRAYS), tapped(made, "conv2d").mean((2, 3)).numpy())


def test_feature_maps_are_averaged_over_their_positions():
    made = model([BODY[0], Conv2D(3, 6), Flatten()])
    close(made.features(ARRAYS), tapped(made, "conv2d").mean((2, 3)).numpy())


def test_a_network_of_one_layer_has_its_input_as_features():
    made = model([Flatten(), Dense(3)])
    assert made.features(ARRAYS).shape == (7, 8 * 8 * 3)


def test_no_images_have_no_features():
    assert model([*BODY, Dense(3)]).features(ARRAYS[:0]).shape == (0, 6)


def test_the_model_is_left_as_it_was():
    made = model([*BODY, Dense(3)])
    made.network.train()
    before, names = made.predict_batch(ARRAYS), [name for name, _ in made.network.named_modules()]
    made.features(ARRAYS)
    assert made.network.training and [name for name, _ in made.network.named_modules()] == names
    np.testing.assert_array_equal(made.predict_batch(ARRAYS), before)


def test_maps_have_no_features():
    with pytest.raises(NetworkError, match="Expected a vector"):
        model([Conv2D(2, 1)], Segment(("a", "b")), "none").features(ARRAYS)
