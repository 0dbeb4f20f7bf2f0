"""A plain PyTorch U-Net, trained on image and mask folders within a time limit, as a baseline without tuning.

    python plain_unet.py DATA OUT --minutes 15

DATA holds train, valid and test, each with images/ and masks/ (0 and 255, PNG of one size). Five levels of 16 to 256
filters, two 3x3 convolutions with batch normalization each (Ronneberger et al. 2015, narrower: wider ones trained too
few epochs in the time), Adam at 1e-3 with cosine decay, cross-entropy plus Dice, horizontal flips and 90-degree
rotations, batches of 8 by default, bfloat16 if a step is faster with it; the weights with the best Dice on valid
predict test. Writes OUT/<name>.png, the probability of the foreground x 255.
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
    """From (N, 3, H, W) to logits of the foreground, (N, H, W); H and W are multiples of 16."""

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


def load(folder: Path) -> tuple[list[str], Tensor, Tensor]:
    """Returns names, images (n, 3, H, W) from 0 to 1 and masks (n, H, W) of 0 and 1."""
    names = sorted(path.name for path in (folder / "images").iterdir())
    images = np.stack([np.asarray(Image.open(folder / "images" / name).convert("RGB")) for name in names])
    masks = np.stack([np.asarray(Image.open(folder / "masks" / name).convert("L")) for name in names])
    return names, torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255, (torch.from_numpy(masks) > 127).float()


def loss(logits: Tensor, target: Tensor) -> Tensor:
    """Computes cross-entropy plus 1 - Dice."""
    probabilities = logits.sigmoid()
    dice = (2 * (probabilities * target).sum() + 1) / (probabilities.sum() + target.sum() + 1)
    return functional.binary_cross_entropy_with_logits(logits, target) + 1 - dice


def augment(images: Tensor, masks: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Flips and rotates images and masks alike."""
    images, masks = images.rot90(quarters := int(random.integers(4)), (2, 3)), masks.rot90(quarters, (1, 2))
    return (images.flip(3), masks.flip(2)) if random.integers(2) else (images, masks)


def predict(network: UNet, images: Tensor, fast: bool) -> Tensor:
    """Returns the probability of the foreground, (n, H, W)."""
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
        return torch.cat(
            [network(part.contiguous(memory_format=torch.channels_last)) for part in images.split(8)]
        ).sigmoid()


def main() -> None:
    """Trains, predicts, and prints a summary as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    begun = time.monotonic()
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    parts = {split: load(options.data / split) for split in ("train", "valid", "test")}
    _, images, masks = parts["train"]
    network = UNet(options.width).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    step_seconds: dict[bool, float] = {}
    best, best_weights, steps, valid = -1.0, network.state_dict(), 0, parts["valid"]
    fast, evaluated, seconds = False, begun, options.minutes * 60
    while time.monotonic() - begun < seconds * 0.97:
        network.train()
        for rows in np.array_split(random.permutation(len(images)), max(1, len(images) // options.batch)):
            share = min(1.0, (time.monotonic() - begun) / seconds)
            optimizer.param_groups[0]["lr"] = 1e-3 * (0.5 + 0.5 * math.cos(math.pi * share))
            fast = steps % 2 == 1 if steps < 8 else min(step_seconds, key=step_seconds.__getitem__)
            step_begun = time.monotonic()
            batch, target = augment(images[rows], masks[rows], random)
            with torch.autocast("cpu", torch.bfloat16, enabled=fast):
                logits = network(batch.contiguous(memory_format=torch.channels_last))
            optimizer.zero_grad()
            loss(logits, target).backward()
            optimizer.step()
            step_seconds[bool(fast)] = time.monotonic() - step_begun
            steps += 1
            if time.monotonic() - begun > seconds * 0.97:
                break
        if time.monotonic() - evaluated > seconds / 40 or time.monotonic() - begun > seconds * 0.95:
            evaluated = time.monotonic()
            found, target = predict(network, valid[1], bool(fast)) > 0.5, valid[2] > 0
            dice = 2 * float((found & target).sum()) / max(1.0, float(found.sum() + target.sum()))
            if dice > best:
                best, best_weights = dice, {key: value.clone() for key, value in network.state_dict().items()}
    network.load_state_dict(best_weights)
    options.out.mkdir(parents=True, exist_ok=True)
    names, pixels, _ = parts["test"]
    for name, probabilities in zip(names, predict(network, pixels, bool(fast)), strict=True):
        Image.fromarray((probabilities * 255).round().to(torch.uint8).numpy()).save(options.out / name)
    epochs = steps * options.batch / len(images)
    print(json.dumps({"steps": steps, "epochs": round(epochs, 1), "valid_dice": best, "bf16": bool(fast)}))


if __name__ == "__main__":
    main()
