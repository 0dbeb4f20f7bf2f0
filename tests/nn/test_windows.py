"""The computed window is the set of input pixels that a gradient reaches in a network in which nothing cancels."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from opsin import nn, zoo
from opsin.core import NetworkError, OutputSpec
from opsin.explain.support import gradient_support, positive_twin

PADDINGS = st.sampled_from(["same", "valid"])
LAYERS = st.one_of(
    st.builds(lambda k, s, p: nn.Conv2D(3, k, strides=s, padding=p, activation="relu"), st.integers(1, 4),
              st.integers(1, 3), PADDINGS),
    st.builds(lambda k, d, p: nn.Conv2D(3, k, dilation_rate=d, padding=p), st.integers(2, 3), st.integers(2, 3),
              PADDINGS),
    st.builds(lambda k, s, p: nn.MaxPooling2D(k, strides=s, padding=p), st.integers(2, 3), st.integers(1, 3), PADDINGS),
    st.builds(lambda k, s, p: nn.Conv2DTranspose(3, k, strides=s, padding=p), st.integers(1, 4), st.integers(1, 3),
              PADDINGS),
    st.builds(lambda f, how: nn.UpSampling2D(f, interpolation=how), st.integers(2, 3),
              st.sampled_from(["nearest", "bilinear"])),
    st.builds(lambda a, b: nn.ZeroPadding2D(((a, b), (b, a))), st.integers(0, 2), st.integers(0, 2)),
    st.just(nn.Cropping2D(1)),
    st.just(nn.BatchNormalization()),
    st.just(nn.DepthwiseConv2D(3, padding="same")),
    st.just(nn.SeparableConv2D(3, 3, padding="same")),
    st.just(nn.Residual([nn.Conv2D(3, 3, padding="same"), nn.Conv2D(3, 3, padding="same")])),
    st.just(nn.Parallel([[nn.Conv2D(3, 3, padding="same")], [], [nn.MaxPooling2D(3, 1, padding="same")]])),
    st.just(nn.Parallel([[], [nn.GlobalAveragePooling2D(keepdims=True), nn.Conv2D(3, 1)]], merge="multiply")),
    st.just(nn.Skip([nn.MaxPooling2D(2, padding="same"), nn.UpSampling2D(2)])),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=4), st.data())
def test_theory_and_gradient_give_the_same_window(layers, data):
    try:
        network = nn.Sequential(layers, input_shape=(14, 12, 3), seed=0)
    except NetworkError:
        return
    twin = positive_twin(network)
    rows = [row for row in nn.summarize(network).rows if len(row.output_shape) == 3]
    row = data.draw(st.sampled_from(rows))
    position = tuple(data.draw(st.integers(0, size - 1)) for size in row.output_shape[:2])
    found = nn.input_window(network.layers, network.input_shape, row.path, position)
    measured = gradient_support(twin, row.path, position)
    assert found == measured or all(any(low > high for low, high in box) for box in (found, measured))


@pytest.mark.parametrize(
    "name", ["simple", "resnet_tiny", "resnet_small", "lenet", "efficientnet_lite0", "convnext_atto", "unet_small",
             "detector_small"]
)  # fmt: skip
def test_the_window_of_a_zoo_network_is_what_a_gradient_reaches(name):
    layout = {"unet_small": "map", "detector_small": "grid"}.get(name, "vector")
    network = zoo.create(name, (48, 48, 3), 4, output=OutputSpec(layout), seed=0).eval()
    twin = positive_twin(network)
    rows = [row for row in nn.summarize(network).rows if len(row.output_shape) == 3]
    for row in rows[:: max(1, len(rows) // 8)]:
        middle = (row.output_shape[0] // 2, row.output_shape[1] // 2)
        assert nn.input_window(network.layers, network.input_shape, row.path, middle) == gradient_support(
            twin, row.path, middle
        ), row.path


def test_an_unknown_path_is_named():
    network = zoo.create("simple", (16, 16, 1), 2, seed=0)
    with pytest.raises(NetworkError, match="no layer has the path 'nothing'"):
        nn.input_window(network.layers, network.input_shape, "nothing", (0, 0))
