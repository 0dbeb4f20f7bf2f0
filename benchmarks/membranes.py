"""Cell membranes in 5 folds, compared with a plain PyTorch U-Net trained on the same images for the same time.

    OPSIN_DATA=... python benchmarks/membranes.py --minutes 1.5

The 30 images (ISBI 2012) are slices of one block, so neighbours are similar: a fold is 6 consecutive slices, and the
next 4 (cyclically) select the checkpoint. Each slice is predicted by networks trained on the other 20; the same code
computes the metrics of both over all 30. Opsin and the U-Net augment with horizontal flips and 90-degree rotations.
The U-Net uses batches of 2: with 8 it had too few steps in the time to learn anything.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import opsin
from opsin.evaluation import Predictions, score
from opsin.tasks import Segment

NAMES = ("membrane", "cell")
FOLD, CHOOSING = 6, 4


def split_of(place: int, first: int, count: int) -> str:
    """Returns the split of a slice in the fold that begins at `first`."""
    after = (place - first) % count
    return "test" if after < FOLD else "valid" if after < FOLD + CHOOSING else "train"


def arrange(source: Path, folder: Path, first: int) -> None:
    """Writes folder/<split>/images, folder/<split>/masks and the class names."""
    names = sorted((path.name for path in (source / "image").iterdir()), key=lambda name: int(Path(name).stem))
    for place, name in enumerate(names):
        split = split_of(place, first, len(names))
        for part, inner in (("image", "images"), ("label", "masks")):
            path = folder / split / inner / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / part / name, path)
    (folder / "classes.txt").write_text("\n".join(NAMES) + "\n")


def plain_predictions(ids: tuple[str, ...], folder: Path) -> np.ndarray:
    """Returns the class with the higher probability and that probability x 255, (n, height, width, 2)."""
    probabilities = np.stack([np.asarray(Image.open(folder / Path(id).name), np.uint8) for id in ids])
    cell = probabilities > 127
    return np.stack([cell.astype(np.uint8), np.where(cell, probabilities, 255 - probabilities)], 3)


def main() -> None:
    """Prints and saves the metrics of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    source = Path(os.environ["OPSIN_DATA"]) / "isbi_membrane" / "data" / "membrane" / "train"
    parts: list[Predictions] = []
    plain: list[np.ndarray] = []
    for first in range(0, 30, FOLD):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            arrange(source, folder / "data", first)
            data = folder / "data"
            run = opsin.train(
                data, minutes=options.minutes, seed=options.seed, rotate90=True, out=folder / "run", say=print
            )
            parts.append(Predictions.from_parquet(run.folder / "predictions.parquet").only("test"))
            worker = [sys.executable, str(Path(__file__).parent / "workers" / "plain_unet.py"), str(data)]
            arguments = ["--minutes", str(options.minutes), "--seed", str(options.seed), "--batch", "2"]
            subprocess.run([*worker, str(folder / "plain"), *arguments], check=True, stdout=subprocess.PIPE)
            plain.append(plain_predictions(parts[-1].ids, folder / "plain"))
            print(f"slices {first} to {first + FOLD - 1}: iou {run.scores['iou']}", flush=True)
    ids = tuple(f"{fold}/{id}" for fold, part in enumerate(parts) for id in part.ids)
    targets = np.concatenate([part.targets for part in parts])
    both = {"opsin": np.concatenate([part.predictions for part in parts]), "plain U-Net": np.concatenate(plain)}
    scores = {
        name: score(Predictions(ids, np.array(ids), np.full(len(ids), "test"), targets, predictions), Segment(NAMES))
        for name, predictions in both.items()
    }
    result = {
        "minutes": options.minutes,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {torch.get_num_threads()} threads",
        "versions": {"python": platform.python_version(), "torch": version("torch"), "opsin": opsin.__version__},
        **{name: {key: value.to_json() for key, value in found.items()} for name, found in scores.items()},
    }
    (Path(__file__).parent / "results" / "membranes.json").write_text(json.dumps(result, indent=2) + "\n")
    for key in scores["opsin"]:
        print(f"{key:16} opsin {scores['opsin'][key]}   plain U-Net {scores['plain U-Net'][key]}")


if __name__ == "__main__":
    main()
