"""U-Nets around any encoder predict for each pixel or voxel, for inputs of any size."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import zoo
from opsin.core import NetworkError, OutputSpec
from opsin.nn import Sequential

MAP, VOLUME = OutputSpec("map"), OutputSpec("map", "volume", (3,))


@settings(max_examples=25, deadline=None)
@given(size=st.tuples(st.integers(8, 90), st.integers(8, 90)), channels=st.sampled_from([1, 3]))
def test_images_of_any_size_get_a_prediction_a_pixel(size, channels):
    net = zoo.create("unet_small", (*size, channels), 3, output=MAP, seed=0).eval()
    assert net.output_shape == (*size, 3)
    with torch.no_grad():
        assert net(torch.zeros(2, channels, *size)).shape == (2, 3, *size)


@settings(max_examples=25, deadline=None)
@given(size=st.tuples(*[st.integers(4, 40)] * 3), channels=st.sampled_from([1, 2]))
def test_volumes_of_any_size_get_a_prediction_a_voxel(size, channels):
    net = zoo.create("unet_small", (*size, channels), 2, output=VOLUME, seed=0).eval()
    assert net.output_shape == (*size, 2)
    assert {type(layer).__name__[-2:] for layer in net.layers if type(layer).__name__.startswith("Conv")} <= {
        "3D",
        "se",
    }
    with torch.no_grad():
        assert net(torch.zeros(1, channels, *size)).shape == (1, 2, *size)


def all_trained(net, x):
    """True where at most 5 % of the parameters get no gradient."""
    net(x).square().mean().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    return len(without) < 0.05 * len(list(net.parameters()))


@pytest.mark.parametrize("name", [name for name in zoo.names("map") if "convnext_" not in name or "atto" in name])
def test_every_encoder_fits(name):
    net = zoo.create(name, (67, 96, 3), 2, output=MAP, seed=0)
    assert net.output_shape == (67, 96, 2)
    assert all_trained(net, torch.randn(2, 3, 67, 96))


@pytest.mark.parametrize("name", ["unet_small", "unet_resnet_tiny"])
def test_volumes_train_all_levels(name):
    net = zoo.create(name, (20, 33, 24, 1), 2, output=VOLUME, seed=0)
    assert all_trained(net, torch.randn(2, 1, 20, 33, 24))


@pytest.mark.parametrize("rank", [2, 3])
def test_a_prediction_depends_most_on_its_own_neighborhood(rank):
    """A change of one pixel moves the outputs around it most."""
    side, spot = (96, (60, 30)) if rank == 2 else (32, (20, 10, 22))
    output = MAP if rank == 2 else VOLUME
    net = zoo.create("unet_small", (*(side,) * rank, 1), 1, output=output, seed=0).eval()
    image = torch.randn(1, 1, *(side,) * rank, generator=torch.Generator().manual_seed(0))
    changed = image.clone()
    changed[(0, 0, *spot)] += 3
    with torch.no_grad():
        moved = (net(changed) - net(image)).abs()[0, 0]
    found = torch.unravel_index(moved.argmax(), moved.shape)
    assert all(abs(int(index) - wanted) <= 8 for index, wanted in zip(found, spot, strict=True))
    assert (moved > 0).float().mean() > 0.5


@pytest.mark.parametrize(("name", "shape"), [("unet_resnet18", (50, 70, 3)), ("unet_small", (9, 14, 12, 2))])
def test_json_restores_the_network(name, shape):
    net = zoo.create(name, shape, 4, output=OutputSpec("map", ranks=(2, 3)), seed=0).eval()
    again = Sequential.from_json(net.to_json())
    again.load_state_dict(net.state_dict())
    image = torch.randn(1, shape[-1], *shape[:-1])
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(image), net(image))


@pytest.mark.parametrize("name", ["unet_lenet", "lenet", "unet_", "detector_small"])
def test_other_names_are_refused_with_the_known_ones(name):
    with pytest.raises(NetworkError, match=f"network '{name}' is unknown for the output 'map'.*unet_small"):
        zoo.create(name, (64, 64, 3), 2, output=MAP)


def test_the_encoder_name_is_enough():
    assert zoo.create("resnet18", (64, 64, 3), 2, output=MAP).name == "unet_resnet18"


def test_parts_have_the_names_of_the_field():
    names = [layer.name for layer in zoo.create("unet_small", (64, 64, 3), 2, output=MAP).layers]
    assert names[:3] == ["level1", "skip1", "decoder1"]
