"""The oracle: plain torch networks with timm's names for their weights, written down from timm's published files."""

import pytest
import torch
from torch import Tensor, nn

from opsin import zoo
from opsin.core import NetworkError
from opsin.zoo.timm_names import published_names


class Basic(nn.Module):
    def __init__(self, inner: int, width: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inner, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.downsample = shortcut(inner, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (self.downsample(x) if self.downsample else x)).relu()


class Bottleneck(nn.Module):
    def __init__(self, inner: int, width: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = shortcut(inner, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        return (self.bn3(self.conv3(y)) + (self.downsample(x) if self.downsample else x)).relu()


def shortcut(inner: int, width: int, stride: int) -> nn.Module | None:
    if inner == width and stride == 1:
        return None
    return nn.Sequential(nn.Conv2d(inner, width, 1, stride, bias=False), nn.BatchNorm2d(width))


class ResNet(nn.Module):
    def __init__(self, block: type[nn.Module], depths: tuple[int, ...]):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        channels = 64
        for number, depth in enumerate(depths):
            width, layer = 64 * 2**number, []
            for index in range(depth):
                layer.append(block(channels, width, 2 if number and not index else 1))
                channels = width if block is Basic else 4 * width
            setattr(self, f"layer{number + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 3, 2, 1)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


class ChannelNorm(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, width: int, as_convolutions: bool):
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        wide, narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        if as_convolutions:
            wide, narrow = nn.Conv2d(width, 4 * width, 1), nn.Conv2d(4 * width, width, 1)
        self.mlp = nn.ModuleDict({"fc1": wide, "fc2": narrow})
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1))
        wide, narrow = (self.mlp[name] for name in ("fc1", "fc2"))
        y = nn.functional.gelu(nn.functional.linear(y, wide.weight.flatten(1), wide.bias))
        y = nn.functional.linear(y, narrow.weight.flatten(1), narrow.bias)
        return x + (self.gamma * y).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, depths: tuple[int, ...], widths: tuple[int, ...], as_convolutions: bool):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0], eps=1e-6))
        self.stages, before = nn.ModuleList(), widths[0]
        for depth, width in zip(depths, widths, strict=True):
            stage = nn.Module()
            halved = nn.Sequential(ChannelNorm(before, eps=1e-6), nn.Conv2d(before, width, 2, 2))
            stage.downsample = halved if before != width else nn.Identity()
            stage.blocks = nn.Sequential(*(Block(width, as_convolutions) for _ in range(depth)))
            self.stages.append(stage)
            before = width
        self.head = nn.ModuleDict({"norm": nn.LayerNorm(before, eps=1e-6), "fc": nn.Linear(before, 1000)})

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for stage in self.stages:
            x = stage.blocks(stage.downsample(x))
        return self.head["fc"](self.head["norm"](x.mean((2, 3))))


ORACLES = {
    "resnet18": lambda: ResNet(Basic, (2, 2, 2, 2)),
    "resnet34": lambda: ResNet(Basic, (3, 4, 6, 3)),
    "resnet50": lambda: ResNet(Bottleneck, (3, 4, 6, 3)),
    "convnext_atto": lambda: ConvNeXt((2, 2, 6, 2), (40, 80, 160, 320), as_convolutions=True),
    "convnext_tiny": lambda: ConvNeXt((3, 3, 9, 3), (96, 192, 384, 768), as_convolutions=False),
}


class Held:
    """Weights in memory."""

    mean = std = (0.5, 0.5, 0.5)
    origin = "memory"

    def __init__(self, tensors: dict[str, Tensor]):
        self.tensors = tensors

    def read(self, max_bytes, progress=None):
        assert sum(value.numel() * value.element_size() for value in self.tensors.values()) <= max_bytes
        return self.tensors


@pytest.mark.parametrize("name", ORACLES)
def test_a_file_with_timms_names_gives_the_same_outputs(name):
    torch.manual_seed(0)
    oracle = ORACLES[name]().eval()
    for key, value in oracle.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.ndim == 1:
            value.normal_(0.3, 0.3)
    net = zoo.pretrained(name, (64, 32, 3), activation=None, source=Held(oracle.state_dict())).eval()
    x = torch.randn(2, 3, 64, 32)
    with torch.no_grad():
        expected = oracle(x)
        torch.testing.assert_close(net(x), expected, atol=1e-4 * float(expected.abs().max()), rtol=0)


@pytest.mark.parametrize("name", zoo.WEIGHTS)
def test_published_names_are_unique(name):
    keys = list(zoo.create(name, (64, 64, 3), 10).state_dict())
    named = published_names(name, keys)
    assert list(named) == keys
    assert len(set(named.values())) == len(keys)


@pytest.mark.parametrize("name", ["simple", "resnet_small", "lenet"])
def test_a_network_without_published_weights_is_refused(name):
    with pytest.raises(NetworkError, match=f"network '{name}' has no published weights"):
        published_names(name, ["dense.weight"])
