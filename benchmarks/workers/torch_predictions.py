"""Predictions for a folder in plain PyTorch: `DataLoader`, Pillow, 2 workers, batches of 64, a CSV at the end.

Arguments: the folder, the network, the side of its input, the weights, the CSV.
"""

import csv
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torch_networks import NETWORKS

FOLDER, NETWORK, SIDE, WEIGHTS, OUTPUT = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]


class Files(Dataset):
    """Images of a folder, recursively."""

    def __init__(self) -> None:
        self.paths = sorted(Path(FOLDER).rglob("*.jpg"))

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> tuple[str, torch.Tensor]:
        image = Image.open(self.paths[row]).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return str(self.paths[row]), torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


if __name__ == "__main__":
    model = NETWORKS[NETWORK](SIDE).to(memory_format=torch.channels_last).eval()
    if Path(WEIGHTS).exists():
        model.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    else:
        torch.save(model.state_dict(), WEIGHTS)
        sys.exit()
    with open(OUTPUT, "w", newline="") as file, torch.inference_mode():
        writer = csv.writer(file)
        for paths, images in DataLoader(Files(), 64, num_workers=2):
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(images.contiguous(memory_format=torch.channels_last))
            for path, probabilities in zip(paths, logits.float().softmax(1).tolist(), strict=True):
                writer.writerow([path, *probabilities])
