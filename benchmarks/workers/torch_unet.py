"""U-Nets in a plain PyTorch loop: argument 1 is `monai` (BasicUNet) or `plain` (plain_unet.py), 2 the precision.

Precisions are `float32` and `bf16` (under autocast), both channels_last.
"""

import sys
from contextlib import nullcontext

import torch
from plain_unet import UNet
from serving import Work, serve
from torch.nn import functional

NETWORK, KIND = sys.argv[1:]


def prepare(mode: str, side: int, batch: int) -> Work:
    """Prepares mode "train" (forward, cross-entropy, backward, Adam) or "predict"; normalized images are in memory."""
    if NETWORK == "monai":
        from monai.networks.nets import BasicUNet

        model = BasicUNet(spatial_dims=2, in_channels=3, out_channels=2)
    else:
        model = UNet(16)
    model = model.to(memory_format=torch.channels_last)
    images = torch.rand(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
    masks = torch.randint(0, 2, (batch, side, side))
    optimizer = torch.optim.Adam(model.parameters())

    def forward() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16) if KIND == "bf16" else nullcontext():
            return model(images).float()

    def train() -> int:
        optimizer.zero_grad()
        logits = forward()
        if NETWORK == "monai":
            functional.cross_entropy(logits, masks).backward()
        else:
            functional.binary_cross_entropy_with_logits(logits, masks.float()).backward()
        optimizer.step()
        return batch

    def predict() -> int:
        model.eval()
        with torch.inference_mode():
            logits = forward()
            (logits.argmax(1) if NETWORK == "monai" else logits > 0).numpy()
        return batch

    return train if mode == "train" else predict


if __name__ == "__main__":
    serve(prepare)
