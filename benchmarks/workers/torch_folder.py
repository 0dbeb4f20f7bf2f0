"""`DataLoader` over a folder with Pillow and 2 workers, and a plain loop; arguments as opsin_folder.py."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from reporting import report
from torch.utils.data import DataLoader, Dataset
from torch_networks import NETWORKS

DATA, EPOCHS, NETWORK, SIDE = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])


class Folder(Dataset):
    """Images of a split; training images are flipped at random."""

    def __init__(self, split: str) -> None:
        self.hflip = split == "train"
        names = sorted(path.name for path in Path(DATA, split).iterdir())
        self.rows = [
            (path, label) for label, name in enumerate(names) for path in sorted(Path(DATA, split, name).iterdir())
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        path, label = self.rows[row]
        image = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
        return pixels.flip(2) if self.hflip and torch.rand(()) < 0.5 else pixels, label


def accuracy(model: torch.nn.Module, split: str) -> float:
    """Returns the accuracy on a split."""
    model.eval()
    correct = total = 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for images, labels in DataLoader(Folder(split), 128, num_workers=2):
            correct += int((model(images).argmax(1) == labels).sum())
            total += len(labels)
    return correct / total


if __name__ == "__main__":
    torch.manual_seed(0)
    model = NETWORKS["reference" if NETWORK == "simple" else NETWORK](SIDE).to(memory_format=torch.channels_last)
    optimizer, criterion = torch.optim.Adam(model.parameters()), torch.nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        model.train()
        for images, labels in DataLoader(Folder("train"), 128, shuffle=True, num_workers=2):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(images.contiguous(memory_format=torch.channels_last))
            criterion(logits.float(), labels).backward()
            optimizer.step()
        accuracy(model, "valid")
    with tempfile.TemporaryDirectory() as folder:
        torch.save(model.state_dict(), f"{folder}/model.pt")
    report(accuracy(model, "test"))
