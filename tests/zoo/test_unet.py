"""U-Nets around any encoder give an answer for each pixel, whatever the size."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import zoo
from opsin.core import NetworkError
from opsin.nn import Sequential


@settings(max_examples=25, deadline=None)
@given(size=st.tuples(st.integers(8, 90), st.integers(8, 90)), channels=st.sampled_from([1, 3]))
def test_images_of_any_size_get_an_answer_for_each_pixel(size, channels):
    net = zoo.create_unet("unet_small", (*size, channels), 3, seed=0).eval()
    assert net.output_shape == (*size, 3)
    with torch.no_grad():
        assert net(torch.zeros(2, channels, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("name", [name for name in zoo.unet_names() if "convnext_" not in name or "atto" in name])
def test_every_encoder_fits(name):
    net = zoo.create_unet(name, (67, 96, 3), 2, seed=0)
    y = net(torch.randn(2, 3, 67, 96))
    assert y.shape == (2, 2, 67, 96)
    y.square().mean().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert len(without) < 0.05 * len(list(net.parameters())), without


def test_an_answer_sees_far_but_begins_where_its_pixel_is():
    """A change of one pixel moves the outputs around it most."""
    net = zoo.create_unet("unet_small", (96, 96, 1), 1, seed=0).eval()
    image = torch.randn(1, 1, 96, 96, generator=torch.Generator().manual_seed(0))
    changed = image.clone()
    changed[0, 0, 60, 30] += 3
    with torch.no_grad():
        moved = (net(changed) - net(image)).abs()[0, 0]
    row, column = divmod(int(moved.argmax()), 96)
    assert abs(row - 60) <= 8 and abs(column - 30) <= 8
    assert (moved > 0).float().mean() > 0.5


def test_it_is_made_again_from_its_json():
    net = zoo.create_unet("unet_resnet18", (50, 70, 3), 4, seed=0).eval()
    again = Sequential.from_json(net.to_json())
    again.load_state_dict(net.state_dict())
    image = torch.randn(1, 3, 50, 70)
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(image), net(image))


@pytest.mark.parametrize("name", ["unet_lenet", "lenet", "unet_", "detector_small"])
def test_other_names_are_refused_with_those_there_are(name):
    with pytest.raises(NetworkError, match="unet_small"):
        zoo.create_unet(name, (64, 64, 3), 2)


def test_the_short_name_is_enough():
    assert zoo.create_unet("resnet18", (64, 64, 3), 2).name == "unet_resnet18"
