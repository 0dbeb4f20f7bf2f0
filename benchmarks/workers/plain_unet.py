"""A plain PyTorch U-Net, trained on image and mask folders within a time: what a practitioner writes in an afternoon.

    python plain_unet.py DATA OUT --minutes 15

DATA holds train, valid and test, each with images/ and masks/ (0 and 255, PNG of one size). Five levels of 16 to 256
filters, two 3x3 convolutions with batch normalization each (Ronneberger et al. 2015, narrower: wider ones saw too few
images in the time), Adam at 1e-3 falling with a cosine, cross-entropy plus Dice, flips and quarter turns, batches of 8
unless told otherwise, bf16 where a step is faster with it; the weights with the best Dice on valid answer. Writes
OUT/<name>.png, the probability of the foreground x 255.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional


class Double(nn.Sequential):
    """Two convolutions, each with batch normalization and ReLU."""

    def __init__(self, inside: int, outside: int) -> None:
        parts: list[nn.Module] = []
        for width in (inside, outside):
            parts += [nn.Conv2d(width, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True)]
        super().__init__(*parts)


class UNet(nn.Module):
    """(N, 3, H, W) to (N, H, W): the foreground's logit; H and W are multiples of 16."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(5)]
        self.down = nn.ModuleList(Double(a, b) for a, b in zip([3, *widths], widths, strict=False))
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs)
        self.join = nn.ModuleList(Double(2 * b, b) for _, b in pairs)
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if level else x)
            kept.append(x)
        for up, join, skip in zip(self.up, self.join, kept[-2::-1], strict=True):
            x = join(torch.cat((skip, up(x)), 1))
        return self.last(x)[:, 0].float()


def loaded(folder: Path) -> tuple[list[str], Tensor, Tensor]:
    """Names, images (n, 3, H, W) from 0 to 1 and masks (n, H, W) of 0 and 1."""
    names = sorted(path.name for path in (folder / "images").iterdir())
    images = np.stack([np.asarray(Image.open(folder / "images" / name).convert("RGB")) for name in names])
    masks = np.stack([np.asarray(Image.open(folder / "masks" / name).convert("L")) for name in names])
    return names, torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255, (torch.from_numpy(masks) > 127).float()


def loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy plus 1 - Dice."""
    shares = logits.sigmoid()
    dice = (2 * (shares * truth).sum() + 1) / (shares.sum() + truth.sum() + 1)
    return functional.binary_cross_entropy_with_logits(logits, truth) + 1 - dice


def turned(images: Tensor, masks: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Both flipped or turned by quarters alike."""
    images, masks = images.rot90(quarters := int(random.integers(4)), (2, 3)), masks.rot90(quarters, (1, 2))
    return (images.flip(3), masks.flip(2)) if random.integers(2) else (images, masks)


def answered(network: UNet, images: Tensor, fast: bool) -> Tensor:
    """The probability of the foreground, (n, H, W)."""
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
        return torch.cat(
            [network(part.contiguous(memory_format=torch.channels_last)) for part in images.split(8)]
        ).sigmoid()


def main() -> None:
    """Trains, answers, and prints what it did as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8)
    told = parser.parse_args()
    begun = time.monotonic()
    torch.manual_seed(told.seed)
    random = np.random.default_rng(told.seed)
    parts = {split: loaded(told.data / split) for split in ("train", "valid", "test")}
    _, images, masks = parts["train"]
    network = UNet(told.width).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    paces: dict[bool, float] = {}
    best, best_weights, steps, valid = -1.0, network.state_dict(), 0, parts["valid"]
    fast, looked, seconds = False, begun, told.minutes * 60
    while time.monotonic() - begun < seconds * 0.97:
        network.train()
        for rows in np.array_split(random.permutation(len(images)), max(1, len(images) // told.batch)):
            share = min(1.0, (time.monotonic() - begun) / seconds)
            optimizer.param_groups[0]["lr"] = 1e-3 * (0.5 + 0.5 * math.cos(math.pi * share))
            fast = steps % 2 == 1 if steps < 8 else min(paces, key=paces.__getitem__)
            step_begun = time.monotonic()
            batch, truth = turned(images[rows], masks[rows], random)
            with torch.autocast("cpu", torch.bfloat16, enabled=fast):
                logits = network(batch.contiguous(memory_format=torch.channels_last))
            optimizer.zero_grad()
            loss(logits, truth).backward()
            optimizer.step()
            paces[bool(fast)] = time.monotonic() - step_begun
            steps += 1
            if time.monotonic() - begun > seconds * 0.97:
                break
        if time.monotonic() - looked > seconds / 40 or time.monotonic() - begun > seconds * 0.95:
            looked = time.monotonic()
            found, truth = answered(network, valid[1], bool(fast)) > 0.5, valid[2] > 0
            dice = 2 * float((found & truth).sum()) / max(1.0, float(found.sum() + truth.sum()))
            if dice > best:
                best, best_weights = dice, {key: value.clone() for key, value in network.state_dict().items()}
    network.load_state_dict(best_weights)
    told.out.mkdir(parents=True, exist_ok=True)
    names, pixels, _ = parts["test"]
    for name, shares in zip(names, answered(network, pixels, bool(fast)), strict=True):
        Image.fromarray((shares * 255).round().to(torch.uint8).numpy()).save(told.out / name)
    epochs = steps * told.batch / len(images)
    print(json.dumps({"steps": steps, "epochs": round(epochs, 1), "valid_dice": best, "bf16": bool(fast)}))


if __name__ == "__main__":
    main()
