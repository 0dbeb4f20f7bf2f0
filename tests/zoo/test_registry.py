"""Networks by name: the layers of each are pinned, and each layout gets its head."""

import hashlib
import json

import pytest
import torch

from opsin import zoo
from opsin.core import NetworkError, OutputSpec

SMALL_NAMES = [name for name in zoo.names() if not name.startswith(("convnext_s", "convnext_b"))]


@pytest.mark.parametrize("layout", ["vector", "embedding", "map", "grid"])
def test_an_unknown_name_is_refused_with_the_known_ones(layout):
    first = zoo.names(layout)[0]
    message = f"network 'resnet' is unknown for the output '{layout}'.* Expected one of {first}, "
    with pytest.raises(NetworkError, match=message):
        zoo.create("resnet", (32, 32, 3), 2, output=OutputSpec(layout))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", None])
@pytest.mark.parametrize("name", SMALL_NAMES)
def test_a_vector_ends_in_its_units_and_activation(name, activation):
    net = zoo.create(name, (32, 32, 3), 7, activation=activation, seed=0)
    assert (net.output_shape, net.final_activation) == ((7,), activation or "linear")
    assert net.name == name


@pytest.mark.parametrize("name", SMALL_NAMES)
def test_embeddings_differ_between_images_from_the_first_step(name):
    net = zoo.create(name, (32, 32, 3), 8, output=OutputSpec("embedding"), seed=0).eval()
    assert (net.output_shape, net.final_activation, net.name) == ((8,), "linear", name)
    with torch.no_grad():
        first, second = net(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert torch.nn.functional.cosine_similarity(first, second, dim=0) < 0.9999


def test_too_small_images_are_refused_with_the_layer():
    with pytest.raises(NetworkError, match=r"conv2d_1' got an input of 1x1. Expected at least 3x3"):
        zoo.create("simple", (5, 5, 3), 2)


@pytest.mark.parametrize(
    ("name", "shape", "output", "expected"),
    [
        ("resnet18", (32, 32, 32, 1), OutputSpec("vector", ranks=(2, 3)), r"Expected \(height, width, channels\)\."),
        ("unet_small", (32, 32, 32, 1), OutputSpec("map"), r"Expected \(height, width, channels\)\."),
        ("unet_small", (32, 32, 1), OutputSpec("map", ranks=(3,)), r"Expected \(depth, height, width, channels\)\."),
        ("resnet18", (32, 32, 1), OutputSpec("vector", ranks=(3,)), "Expected another network"),
        ("resnet_small", (32, 1), OutputSpec("vector", ranks=(2, 3)), r"width, channels\) or \(depth"),
    ],
)
def test_other_ranks_are_refused(name, shape, output, expected):
    with pytest.raises(NetworkError, match=f"{name} does not take inputs of shape.*{expected}"):
        zoo.create(name, shape, 2, output=output)


@pytest.mark.parametrize("layout", ["map", "grid"])
def test_dense_networks_are_named_after_their_encoders(layout):
    for name in zoo.names(layout):
        encoder = zoo.encoder_name(name, layout)
        assert name.endswith(f"_{encoder}") and zoo.encoder_name(encoder, layout) == encoder


def digest(layout, shape):
    """Of the layers of all networks but the largest; it depends on each type, argument, name and position."""
    output, large = OutputSpec(layout), ("tiny", "convnext_small", "base", "resnet34", "resnet50")
    names = sorted(name for name in zoo.names(layout) if not name.endswith(large) or name.endswith("resnet_tiny"))
    made = {name: zoo.create(name, shape, 5, output=output).to_json() for name in names}
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("layout", "shape", "expected"),
    [
        ("vector", (64, 96, 3), "1a8c63ee113c084d"),
        ("vector", (67, 131, 1), "4d56013fcc087b21"),
        ("map", (64, 96, 3), "9fa7246976a5ac6a"),
        ("map", (67, 131, 1), "7f0c752f0b55461b"),
        ("grid", (64, 96, 3), "e8a09db824d471f4"),
        ("grid", (67, 131, 1), "14689a0c3e3ab6fb"),
    ],
)
def test_the_layers_of_images_stay_the_same(layout, shape, expected):
    """Saved weights and published figures belong to these layers: a change of them is a decision, not an accident."""
    assert digest(layout, shape) == expected
