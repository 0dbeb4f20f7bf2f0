"""A tuned PyTorch loop. Arguments: a folder with train and test, the epochs, and optionally ImageNet weights.

Without weights a ResNet-18 for small images, with them EfficientNet-Lite0 on images enlarged to 96x96.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from images import read
from reporting import elapsed, report
from torch import Tensor, nn
from torch_networks import efficientnet_lite0, resnet18

BATCH, SHIFT, SIDE = 128, 4, 96


def small_resnet(channels: int) -> nn.Module:
    """Returns a ResNet-18 without downsampling in the first layers, as is usual for CIFAR."""
    body = resnet18(32)
    return nn.Sequential(nn.Conv2d(channels, 64, 3, 1, 1, bias=False), body[1], body[2], *body[4:])


def pretrained(weights: str) -> nn.Module:
    """Returns EfficientNet-Lite0 with pretrained weights in all layers but the last."""
    model = efficientnet_lite0(SIDE)
    found = torch.load(weights, weights_only=True)
    model.load_state_dict(
        {**model.state_dict(), **{name: w for name, w in found.items() if not name.startswith("_fc")}}
    )
    return model


def augment(images: Tensor) -> Tensor:
    """Flips images at random, and translates colour images by up to four pixels, as is usual for CIFAR."""
    images = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images.flip(2), images)
    if images.shape[3] == 1:
        return images
    wide = F.pad(images.permute(0, 3, 1, 2).float(), (SHIFT,) * 4, mode="reflect").to(torch.uint8).permute(0, 2, 3, 1)
    down, right = torch.randint(0, 2 * SHIFT + 1, (2, len(images))).tolist()
    height, width = images.shape[1:3]
    return torch.stack([
        one[top : top + height, left : left + width] for one, top, left in zip(wide, down, right, strict=True)
    ])  # fmt: skip


if __name__ == "__main__":
    data, epochs, weights = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None
    torch.manual_seed(0)
    x, y = map(torch.from_numpy, read(data / "train"))
    x_test, y_test = map(torch.from_numpy, read(data / "test"))
    model = (pretrained(weights) if weights else small_resnet(x.shape[3])).to(memory_format=torch.channels_last)
    if weights:
        rate = 1e-3
        optimizer: torch.optim.Optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01)
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    else:
        rate = 0.1
        optimizer = torch.optim.SGD(model.parameters(), rate, 0.9, nesterov=True, weight_decay=5e-4)
        some = x[::10].float() / 255
        mean, std = some.mean((0, 1, 2)), some.std((0, 1, 2))
    steps = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, epochs * steps)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

    def prepare(images: Tensor) -> Tensor:
        prepared = ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)
        prepared = F.interpolate(prepared, (SIDE, SIDE), mode="bilinear", antialias=True) if weights else prepared
        return prepared.contiguous(memory_format=torch.channels_last)

    evaluation_time = 0.0
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(x))[: steps * BATCH].split(BATCH):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(prepare(augment(x[rows])))
            criterion(logits.float(), y[rows]).backward()
            optimizer.step()
            schedule.step()
        seconds = elapsed() - evaluation_time
        model.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            predictions = torch.cat([model(prepare(part)).argmax(1) for part in x_test.split(500)])
        report(float((predictions == y_test).float().mean()), seconds)
        evaluation_time = elapsed() - seconds
