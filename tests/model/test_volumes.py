"""A model of volumes: the same methods, one more axis."""

import numpy as np
import pytest
import torch

from opsin.core import DataError, NetworkError, OutputSpec
from opsin.data import ImagePreprocessing, Volume, VolumePreprocessing
from opsin.model import Model, check_head
from opsin.nn import Conv3D, Dense, GlobalAveragePooling3D, Sequential
from opsin.tasks import Classify, MultiLabel

SIZE = (4, 8, 6, 1)
VOLUMES = np.random.default_rng(0).normal(size=(3, 8, 16, 12)).astype(np.float32)


class ClassifyVolumes(Classify):
    output = OutputSpec("vector", ranks=(3,))


class Mapped(Classify):
    output = OutputSpec("map", "volume", ranks=(2, 3))


class Gridded(Classify):
    output = OutputSpec("grid", "boxes", ranks=(2, 3))


TASK = ClassifyVolumes(("a", "b"))


@pytest.fixture(params=["none", "hflip", "hflip_shift"])
def model(request):
    layers = [Conv3D(5, 3, activation="relu"), GlobalAveragePooling3D(), Dense(2)]
    network = Sequential(layers, input_shape=SIZE, seed=0).eval()
    return Model(network, TASK, VolumePreprocessing(SIZE, (0.1,), (0.9,)), request.param)


def test_logits_are_those_of_the_network_on_normalised_volumes(model):
    arrays = np.stack([model.preprocess(Volume(volume))[0] for volume in VOLUMES])
    assert arrays.shape == (3, *SIZE) and arrays.dtype == np.float32

    def network(x):
        with torch.inference_mode():
            return model.network.logits((torch.from_numpy(np.ascontiguousarray(x)).permute(0, 4, 1, 2, 3) - 0.1) / 0.9)

    expected = network(arrays)
    if model.tta == "hflip":
        expected = (expected + network(arrays[:, :, :, ::-1])) / 2
    if model.tta != "hflip_shift":
        np.testing.assert_allclose(model.logits(arrays).numpy(), expected, atol=0.02 * expected.abs().max().item())
    assert model.features(arrays).shape == (3, 5)
    assert model.logits(arrays[:0]).shape == (0, 2)


def test_predict_takes_volumes_and_arrays(model):
    expected = model.predict([Volume(volume) for volume in VOLUMES])
    assert [len(expected), set(expected[0])] == [3, {"label", "confidence", "p_a", "p_b"}]
    assert model.predict(VOLUMES[..., None]) == model.predict(list(VOLUMES)) == expected
    assert model.predict(Volume(VOLUMES[0])) == model.predict(VOLUMES[0]) == expected[:1]
    with pytest.raises(DataError, match=r"image 0 is an image\. Expected a volume"):
        model.predict(b"text")


@pytest.mark.parametrize(
    ("task", "size", "layers", "fits"),
    [
        (Mapped(("a", "b")), SIZE, [Conv3D(2, 1)], True),
        (Mapped(("a", "b")), SIZE, [Conv3D(2, 2, strides=2)], False),
        (Gridded(("a", "b")), SIZE, [Conv3D(2, 2, strides=2)], True),
        (Gridded(("a", "b")), SIZE, [Conv3D(2, 2, strides=(2, 2, 1), padding="same")], False),
        (Gridded(("a", "b")), SIZE, [GlobalAveragePooling3D(), Dense(2)], False),
        (MultiLabel(("a", "b")), SIZE, [GlobalAveragePooling3D(), Dense(2)], False),
        (Classify(("a", "b")), SIZE, [GlobalAveragePooling3D(), Dense(2)], True),
    ],
)
def test_the_output_layout_is_checked_over_all_axes(task, size, layers, fits):
    network = Sequential(layers, input_shape=size, seed=0)
    if fits:
        check_head(network, size, task)
    else:
        with pytest.raises(NetworkError, match=r"xpected"):
            check_head(network, size, task)


def test_an_image_is_no_input_of_a_task_on_volumes():
    from opsin.nn import Flatten

    network = Sequential([Flatten(), Dense(2)], input_shape=(4, 4, 1), seed=0)
    with pytest.raises(NetworkError, match="3 spatial axes"):
        Model(network, TASK, ImagePreprocessing(4, 4, 1, (0.5,), (0.5,)))
