"""A plain PyTorch training loop: `nchw`, `channels_last`, or `bf16` (channels_last under autocast)."""

import sys
from contextlib import nullcontext

import torch
from serving import Work, serve
from torch_networks import NETWORKS

KIND = sys.argv[1]


def prepare(network: str, side: int, batch: int) -> Work:
    """Prepares forward, loss, backward and Adam on a batch in memory."""
    model = NETWORKS[network](side)
    images, targets = torch.rand(batch, 3, side, side), torch.arange(batch) % 10
    if KIND != "nchw":
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer, criterion = torch.optim.Adam(model.parameters()), torch.nn.CrossEntropyLoss()

    def work() -> int:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16) if KIND == "bf16" else nullcontext():
            logits = model(images)
        loss = criterion(logits.float(), targets)
        loss.backward()
        optimizer.step()
        loss.item()
        return batch

    return work


if __name__ == "__main__":
    serve(prepare)
