"""A ResNet-18 for small images in a tuned PyTorch loop: argument 1 is a folder with train and test, 2 the epochs."""

import sys
from pathlib import Path

import torch
from images import read
from saying import said, saved
from torch import nn
from torch_networks import resnet18

BATCH, RATE = 128, 0.1

if __name__ == "__main__":
    data, epochs = Path(sys.argv[1]), int(sys.argv[2])
    torch.manual_seed(0)
    x, y = map(torch.from_numpy, read(data / "train"))
    x_test, y_test = map(torch.from_numpy, read(data / "test"))
    body = resnet18(28)
    body = nn.Sequential(nn.Conv2d(1, 64, 3, 1, 1, bias=False), body[1], body[2], *body[4:])  # no halving at once
    model = body.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), RATE, 0.9, nesterov=True, weight_decay=5e-4)
    steps = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, epochs * steps)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

    def ready(images: torch.Tensor) -> torch.Tensor:
        return ((images.float() / 255 - 0.286) / 0.353)[:, None].contiguous(memory_format=torch.channels_last)

    asking = 0.0
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(x))[: steps * BATCH].split(BATCH):
            images = x[rows]
            images = torch.where(torch.rand(BATCH, 1, 1) < 0.5, images.flip(2), images)
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                raw = model(ready(images))
            criterion(raw.float(), y[rows]).backward()
            optimizer.step()
            schedule.step()
        seconds = saved() - asking
        model.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            answers = torch.cat([model(ready(part)).argmax(1) for part in x_test.split(500)])
        said(float((answers == y_test).float().mean()), seconds)
        asking = saved() - seconds
